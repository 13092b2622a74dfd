/** Building blocks of the report's sections. */
import type { ComponentChildren } from "preact";
import { number } from "../../../core/numbers.ts";
import type { Moment } from "../moments.ts";

/** A section with its heading. */
export function Section({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section aria-labelledby={`${id}-title`} id={id}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

/** A formatted number, with the exact value as a machine-readable attribute. */
export function Figure({ value, unit = "" }: { value: number | null; unit?: string }) {
  if (value === null) return <span class="nothing">{number(null)}</span>;
  return <data value={String(value)}>{`${number(value)}${unit}`}</data>;
}

/** A moment, linked to its mark on the timeline. */
export function MomentLink({ moment: { at, what } }: { moment: Moment }) {
  const iso = new Date(at).toISOString();
  return (
    <>
      <a href="#timeline">
        <time dateTime={iso}>{iso.slice(11, 19)}</time>
      </a>{" "}
      {what}
    </>
  );
}

/** A placeholder for a chart. `description` is its text alternative. */
export function Chart({
  id,
  title,
  description,
  note,
}: {
  id: string;
  title: string;
  description: string;
  note?: string;
}) {
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        {note === undefined ? null : <span class="quiet"> {note}</span>}
      </figcaption>
      <div class={`plot plot-${id}`} id={`chart-${id}`} role="img" aria-label={description} />
    </figure>
  );
}

/** One column of a {@link Table}. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /**
   * - number: right-aligned.
   * - subject: what the row is about.
   * - outcome: how it went, in a word.
   * - text: may be long.
   */
  readonly kind?: "number" | "subject" | "outcome" | "text";
}

const CLASSES = { number: "number", subject: "subject", outcome: "outcome-cell", text: "text" };

/** A table that becomes a list of cards on narrow screens. */
export function Table<Row>({
  name,
  columns,
  rows,
  mark,
}: {
  name: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  mark?: (row: Row) => string | undefined;
}) {
  return (
    <table aria-label={name}>
      <thead>
        <tr>
          {columns.map(({ title, kind }) => (
            <th key={title} scope="col" class={kind && CLASSES[kind]}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, place) => (
          <tr key={place} class={mark?.(row)}>
            {columns.map(({ title, cell, kind }) => (
              <td key={title} data-title={title} class={kind && CLASSES[kind]}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A list of names and values. */
export function Pairs({ name, pairs }: { name: string; pairs: Readonly<Record<string, string>> }) {
  const sorted = Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div class="pairs">
      <h3>{name}</h3>
      {sorted.length === 0 ? <p class="quiet">none</p> : null}
      <dl>
        {sorted.map(([key, value]) => (
          <div key={key}>
            <dt class="key">{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
