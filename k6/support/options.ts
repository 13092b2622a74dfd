import { definitionOf } from "../../core/definition.ts";
import { GRID } from "../../core/mixture.ts";
import { BREAKPOINT, type Plan, secondsOf } from "../../core/plan.ts";
import { k6Thresholds, type Slo } from "../../core/slo.ts";
import { clockScenario } from "./clock.ts";
import { k6Scenario } from "./scenario.ts";

interface OptionSettings {
  readonly test: string;
  readonly SCENARIO: string;
  readonly RUN_ID: string | undefined;
  readonly RECEIVER_URL?: string | undefined;
  readonly load: Plan;
  readonly slos: readonly Slo[];
  readonly foreseen: string | null;
  readonly INSTANCES: number;
  readonly DRAIN_TIMEOUT?: number;
  readonly LINGER?: number | undefined;
  readonly CANARY_TIMEOUT?: number;
  readonly ACK_TIMEOUT?: number;
  readonly CLOUD_PROJECT: number | undefined;
  readonly CLOUD_ZONES: Readonly<Record<string, number>> | undefined;
}

/** Room for opening a run and for its last report, beside the waits that are settings. */
const MARGIN_SECONDS = 30;

/**
 * Samples that may wait for k6 to take them in. Where its default of 1,000 is full, which a fan-out does in a twentieth
 * of a second, a virtual user stands still until k6 comes to it. Twenty times a second k6 makes room for as many, at 16
 * bytes each: 20,000 made 6 MB of garbage a second.
 */
const SAMPLES_ON_THEIR_WAY = 5_000;

const TREND_STATS = ["count", "min", "avg", "med", "p(95)", "p(99)", "max"];

/**
 * The k6 options of a test.
 *
 * @param exec the exported function that carries the load.
 * @param beside scenarios that run beside the load.
 */
export function optionsOf(config: OptionSettings, exec: string, beside: Readonly<Record<string, object>> = {}) {
  if (config.foreseen !== null) console.warn(config.foreseen);
  return {
    scenarios: {
      [config.SCENARIO]: k6Scenario(config.load, exec, config.ACK_TIMEOUT),
      ...beside,
      ...clocksBeside(config),
    },
    thresholds: k6Thresholds(config.slos, config.SCENARIO === BREAKPOINT),
    metricSamplesBufferSize: SAMPLES_ON_THEIR_WAY,
    summaryTrendStats: [
      ...TREND_STATS,
      ...(config.INSTANCES === 1
        ? []
        : GRID.map((place) => `p(${place})`).filter((name) => !TREND_STATS.includes(name))),
    ],
    setupTimeout: `${(config.CANARY_TIMEOUT ?? 0) + MARGIN_SECONDS}s`,
    teardownTimeout: `${(config.DRAIN_TIMEOUT ?? 0) + (config.LINGER ?? 0) + MARGIN_SECONDS}s`,
    tags: tagsOf(config),
    systemTags: SYSTEM_TAGS,
    cloud: cloudOf(config),
  };
}

function clocksBeside(config: OptionSettings) {
  const { load, comparesClocks = load !== "visits" } = definitionOf(config.test) ?? { load: "visits" };
  return comparesClocks ? clockScenario(config, secondsOf(config.load)) : {};
}

/** What k6 Cloud is told; every other k6 ignores it. */
function cloudOf({ test, SCENARIO, CLOUD_PROJECT, CLOUD_ZONES }: OptionSettings) {
  const zones = Object.entries(CLOUD_ZONES ?? {});
  return {
    name: `throughline ${test}, ${SCENARIO}`,
    ...(CLOUD_PROJECT === undefined ? {} : { projectID: CLOUD_PROJECT }),
    ...(zones.length === 0
      ? {}
      : { distribution: Object.fromEntries(zones.map(([loadZone, percent]) => [loadZone, { loadZone, percent }])) }),
  };
}

/**
 * What tells requests and scenarios apart. Addresses, protocols and error texts are left out: where
 * metrics are stored, each of their values would make a series of its own.
 */
const SYSTEM_TAGS = ["scenario", "group", "name", "method", "status", "error_code", "expected_response", "check"];

/** What every sample of a run carries, also those of setup and teardown, so that boards find them. */
function tagsOf({ test, SCENARIO, RUN_ID }: OptionSettings) {
  return { testid: RUN_ID ?? `throughline-${test}`, test, scenario: SCENARIO };
}
