import { compact } from "../format.ts";
import type { Scale } from "./scale.ts";

/** One line of a chart; a run without the value leaves a gap. */
export interface Line {
  readonly name: string;
  /** Index of the page's colour, from 1. */
  readonly colour: number;
  readonly values: readonly (number | null)[];
}

/** The centre of a run's column, in percent of the width. */
export function placeOf(index: number, runs: number): number {
  return (100 * (index + 0.5)) / runs;
}

/** More dots than this overlap. */
const MOST_DOTS = 80;

/** A line chart over runs. Labels are HTML and keep their size; only the SVG is stretched. */
export function Chart({
  title,
  unit,
  lines,
  scale,
  marks,
}: {
  title: string;
  unit: string;
  lines: readonly Line[];
  scale: Scale;
  /** Indexes of runs before which a version or the rate changed. */
  marks: readonly number[];
}) {
  const runs = lines[0]?.values.length ?? 0;
  return (
    <figure class="trend">
      <figcaption>
        <strong>{title}</strong>{" "}
        {lines.length < 2
          ? null
          : lines.map(({ name, colour }) => (
              <span key={name} class={`key colour-${colour}`}>
                {name}
              </span>
            ))}
      </figcaption>
      <div class="plane" aria-hidden="true">
        {scale.ticks.map(({ value, top }) => (
          <span key={value} class="tick" style={{ top: `${round(top)}%` }}>
            {compact(value)}
            {unit}
          </span>
        ))}
        <div class="field">
          <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="presentation">
            {scale.ticks.map(({ value, top }) => (
              <line key={value} class="rule" x1="0" x2="100" y1={round(top)} y2={round(top)} />
            ))}
            {marks.map((index) => {
              const x = round((100 * index) / runs);
              return <line key={index} class="change" x1={x} x2={x} y1="0" y2="100" />;
            })}
            {lines.map(({ name, colour, values }) => (
              <path key={name} class={`line colour-${colour}`} d={pathOf(values, scale)} />
            ))}
          </svg>
          {runs > MOST_DOTS
            ? null
            : lines.flatMap(({ name, colour, values }) =>
                values.flatMap((value, index) =>
                  value === null
                    ? []
                    : [
                        <i
                          key={`${name} ${index}`}
                          class={`dot colour-${colour}`}
                          style={{ left: `${round(placeOf(index, runs))}%`, top: `${round(scale.top(value))}%` }}
                        />,
                      ],
                ),
              )}
        </div>
      </div>
    </figure>
  );
}

function pathOf(values: readonly (number | null)[], scale: Scale): string {
  let pen = "M";
  return values
    .map((value, index) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const step = `${pen}${round(placeOf(index, values.length))} ${round(scale.top(value))}`;
      pen = "L";
      return step;
    })
    .join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
