import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { AnnotationQuery, DataSourceRef } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Panel, Series } from "./board.ts";

/** How a database is asked for what a board shows. */
export interface Language {
  /** As in the names of files and in Grafana's data source ids. */
  readonly name: "influxdb" | "prometheus";
  readonly title: string;
  readonly datasource: DataSourceRef;
  /** The query for one line of a panel. */
  query(panel: Panel, series: Series): string;
  /** The same for Grafana. */
  target(panel: Panel, series: Series, refId: string): Builder<Dataquery>;
  /** The queries of what is chosen above a board; on the board of one test there is no choice of it. */
  choices(test?: string): Choices;
  /** The queries of what is marked on every panel. */
  readonly marks: Readonly<Record<Mark, string>>;
  annotations(): Builder<AnnotationQuery>[];
}

/** The variable that holds the data source, so that a board can be imported beside any. */
export const SOURCE = "datasource";

/** What is chosen above a board, by the name that queries use. */
export type Choices = Readonly<Partial<Record<keyof typeof CHOICES, string>>>;
export const CHOICES = { testid: "run", test: "test", scenario: "scenario" } as const;

export type Mark = "start" | "end" | "fault";
export const MARK_COLORS: Readonly<Record<Mark, string>> = { start: "green", end: "blue", fault: "red" };
