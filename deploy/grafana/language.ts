import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { AnnotationQueryBuilder, type DataSourceRef } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Panel, Series } from "./board.ts";

/** How to query a database for the content of a board. */
export interface Language {
  /** Used in file names and in Grafana's data source ids. */
  readonly name: "influxdb" | "prometheus";
  readonly title: string;
  readonly datasource: DataSourceRef;
  /** The query for one line of a panel. */
  query(panel: Panel, series: Series): string;
  /** The same query for Grafana. */
  target(panel: Panel, series: Series, refId: string): Builder<Dataquery>;
  /** Queries for the variables above a board; a board for one test has no variable for the test. */
  choices(test?: string): Choices;
  /** Queries for annotations on every panel. */
  readonly marks: Readonly<Record<Mark, string>>;
  /** Completes the annotation for a mark with its query. */
  annotate(mark: Mark, annotation: AnnotationQueryBuilder): AnnotationQueryBuilder;
}

/** The variable with the data source, so that a board can be imported with any. */
export const SOURCE = "datasource";

/** The variables above a board, by name. */
export type Choices = Readonly<Partial<Record<keyof typeof CHOICES, string>>>;
export const CHOICES = { testid: "run", test: "test", scenario: "scenario" } as const;

const MARK_COLORS = { start: "green", end: "blue", fault: "red" };
export type Mark = keyof typeof MARK_COLORS;

/** The marks of a run on every panel, each in its colour. */
export function annotationsOf({ datasource, annotate }: Language): AnnotationQueryBuilder[] {
  return Object.entries(MARK_COLORS).map(([mark, color]) => {
    const annotation = new AnnotationQueryBuilder().name(mark).datasource(datasource).enable(true).iconColor(color);
    return annotate(mark as Mark, annotation);
  });
}
