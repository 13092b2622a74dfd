import * as v from "valibot";
import { fetchWithLogin } from "../fetch.ts";
import { AccountSchema, PathLatenciesSchema, SecondSchema } from "../result.ts";

/** A run's data from the receiver. */
export interface RunData {
  readonly account: v.InferOutput<typeof AccountSchema> | null;
  readonly timeline: readonly v.InferOutput<typeof SecondSchema>[];
  readonly latencies: readonly v.InferOutput<typeof PathLatenciesSchema>[];
}

export const NO_DATA: RunData = { account: null, timeline: [], latencies: [] };

/** Deadline of each request. */
const DEADLINE_MS = 30_000;

/** Fetches a run's data from the receiver; what cannot be fetched is empty. @param url of the run. */
export async function fetchRunData(url: string): Promise<RunData> {
  const [account, timeline, latencies] = await Promise.all([
    get(url, AccountSchema),
    get(`${url}/timeline`, v.array(SecondSchema)),
    get(`${url}/latencies`, v.array(PathLatenciesSchema)),
  ]);
  return { account, timeline: timeline ?? [], latencies: latencies ?? [] };
}

async function get<S extends v.GenericSchema>(url: string, schema: S): Promise<v.InferOutput<S> | null> {
  try {
    const answer = await fetchWithLogin(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
    const parsed = v.safeParse(schema, await answer.json());
    return answer.ok && parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
