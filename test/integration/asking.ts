import type { Language } from "../../deploy/grafana/language.ts";

/** The selection above a board, and its time range in Unix ms. */
export interface Chosen {
  readonly testid: readonly string[];
  readonly test: readonly string[];
  readonly scenario: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** The answer of a database. */
export interface DatabaseAnswer {
  readonly points: number;
  /** For queries of names. */
  readonly texts: readonly string[];
  readonly raw: unknown;
}

/** Over time, one value for the whole range, or names to select. */
export type Look = "range" | "instant" | "choice";

/** Runs a query with its variables filled in as by Grafana. @throws when the database rejects it. */
export async function ask(
  name: Language["name"],
  url: string,
  query: string,
  chosen: Chosen,
  look: Look,
): Promise<DatabaseAnswer> {
  return name === "influxdb" ? askInfluxdb(url, query, chosen) : askPrometheus(url, query, chosen, look);
}

const INTERVAL = "1s";
/** Four times the scrape interval of the provisioned data source. */
const RATE_INTERVAL = "20s";

function filled(query: string, chosen: Chosen, regex: (values: readonly string[]) => string): string {
  return query
    .replaceAll("$timeFilter", `time >= ${chosen.from}ms and time <= ${chosen.to}ms`)
    .replaceAll("$__interval", INTERVAL)
    .replaceAll("$__rate_interval", RATE_INTERVAL)
    .replaceAll("$__range", `${Math.ceil((chosen.to - chosen.from) / 1000)}s`)
    .replaceAll("$testid", regex(chosen.testid))
    .replaceAll("$test", regex(chosen.test))
    .replaceAll("$scenario", regex(chosen.scenario));
}

interface InfluxdbAnswer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly { readonly values: readonly (readonly unknown[])[] }[];
  }[];
}

async function askInfluxdb(url: string, query: string, chosen: Chosen): Promise<DatabaseAnswer> {
  const text = filled(query, chosen, (values) => `(${values.join("|")})`);
  const raw = (await (await fetch(`${url}/query?db=k6&q=${encodeURIComponent(text)}`)).json()) as InfluxdbAnswer;
  const [result] = raw.results ?? [];
  const error = raw.error ?? result?.error;
  if (error !== undefined) throw new Error(`${text}: ${error}`);
  const values = (result?.series ?? []).flatMap((series) => series.values);
  return {
    points: values.filter(([, value]) => value !== null).length,
    texts: values.map(([, text]) => String(text)),
    raw,
  };
}

interface PrometheusAnswer {
  readonly error?: string;
  readonly data?: unknown;
}

async function askPrometheus(url: string, query: string, chosen: Chosen, look: Look): Promise<DatabaseAnswer> {
  const text = filled(query, chosen, (values) => values.join("|"));
  const [from, to] = [String(chosen.from / 1000), String(chosen.to / 1000)];
  const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
  const path =
    label !== undefined
      ? `label/${label}/values?${new URLSearchParams({ "match[]": series as string, start: from, end: to })}`
      : look === "instant"
        ? `query?${new URLSearchParams({ query: text, time: to })}`
        : `query_range?${new URLSearchParams({ query: text, start: from, end: to, step: INTERVAL })}`;
  const raw = (await (await fetch(`${url}/api/v1/${path}`)).json()) as PrometheusAnswer;
  if (raw.error !== undefined) throw new Error(`${text}: ${raw.error}`);
  if (label !== undefined) return { points: 0, texts: raw.data as string[], raw };
  const { result } = raw.data as { result: readonly { values?: readonly unknown[]; value?: unknown }[] };
  return { points: result.reduce((sum, { values }) => sum + (values?.length ?? 1), 0), texts: [], raw };
}
