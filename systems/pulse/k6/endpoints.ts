/** The gateway's HTTP endpoints as a table of requests and right answers. */
import * as contract from "../answers.ts";

/** The subject of a visit. */
export interface Topic {
  readonly chain: string;
  readonly block: number;
  /** The gateway has just listed the block. */
  readonly listed: boolean;
}

/** The metric of an endpoint's answer time. */
type Latency =
  `http_${"health" | "ready" | "correctness_status" | "watermark" | "halts" | "gaps" | "manifest"}_latency_ms`;

/** One endpoint. */
export interface Endpoint {
  readonly name: string;
  readonly latency: Latency;
  path(topic: Topic): string;
  /** Statuses of a right answer. */
  statuses(topic: Topic): readonly number[];
  /** Checks an answer with status 200. */
  readonly contract: contract.Contract;
}

interface EndpointSettings {
  readonly MANIFESTS: boolean;
  readonly DEPENDENCY_AWAY: boolean;
}

const MANIFESTS = "/api/v1/manifests";
const CORRECTNESS = "/api/v1/correctness";

/** The list of blocks that can be requested. */
export const LIST = `${MANIFESTS}/{chain}`;
export const BLOCK = `${MANIFESTS}/{chain}/{block}`;

/** An unknown chain. */
const UNKNOWN_CHAIN = "no-such-chain";

function fixed(path: string, latency: Latency, body: contract.Contract): Endpoint {
  return { name: path, latency, path: () => path, statuses: () => [200], contract: body };
}

/** The endpoints in order of requests: the list of manifests comes before the block that it names. */
export function endpointsOf({ MANIFESTS: hasManifests, DEPENDENCY_AWAY }: EndpointSettings): readonly Endpoint[] {
  const probes = [
    fixed("/health", "http_health_latency_ms", contract.health),
    fixed("/ready", "http_ready_latency_ms", contract.ready),
  ];
  if (DEPENDENCY_AWAY) return probes;
  const or503 = (...statuses: number[]) => (hasManifests ? statuses : [...statuses, 503]);
  const manifests = { latency: "http_manifest_latency_ms" } as const;
  return [
    ...probes,
    fixed(`${CORRECTNESS}/status`, "http_correctness_status_latency_ms", contract.correctnessStatus),
    {
      ...fixed(`${CORRECTNESS}/watermark`, "http_watermark_latency_ms", contract.watermark),
      path: ({ chain }) => `${CORRECTNESS}/watermark?chain=${chain}`,
    },
    fixed(`${CORRECTNESS}/halts`, "http_halts_latency_ms", contract.halts),
    fixed(`${CORRECTNESS}/gaps`, "http_gaps_latency_ms", contract.gaps),
    {
      ...manifests,
      name: LIST,
      path: ({ chain }) => `${MANIFESTS}/${chain}`,
      statuses: () => or503(200),
      contract: contract.manifests,
    },
    {
      ...manifests,
      name: BLOCK,
      path: ({ chain, block }) => `${MANIFESTS}/${chain}/${block}`,
      // A block that the gateway never saw is rightly unknown; one that it has just listed is not.
      statuses: ({ listed }) => (listed ? or503(200) : or503(200, 404)),
      contract: contract.manifest,
    },
    {
      ...manifests,
      name: `${MANIFESTS}/${UNKNOWN_CHAIN}`,
      path: () => `${MANIFESTS}/${UNKNOWN_CHAIN}`,
      statuses: () => or503(400),
      contract: () => null,
    },
  ];
}
