import type { Timeline } from "../charts.ts";
import type { Look, Option } from "./look.ts";
import { stackOption } from "./stack.ts";

/** Height of the element; must match the CSS. */
const TIMELINE_PX = 560;

export function timelineOption(timeline: Timeline, look: Look): Option {
  const { at, published, delivered, backlog, p50, p95, p99, marks } = timeline;
  const [first, second, third, fourth] = look.series as [string, string, string, string];
  return stackOption(
    [
      {
        title: "events per second",
        scale: "linear",
        lines: [
          { name: "published", at, values: published, colour: second },
          { name: "delivered", at, values: delivered, colour: first, filled: true },
        ],
      },
      {
        title: "latency, ms",
        scale: "log",
        lines: [
          { name: "p50", at, values: p50, colour: first },
          { name: "p95", at, values: p95, colour: third },
          { name: "p99", at, values: p99, colour: fourth },
        ],
      },
      {
        title: "backlog, deliveries",
        scale: "linear",
        lines: [{ name: "backlog", at, values: backlog, colour: look.uncertain, filled: true }],
      },
    ],
    marks,
    TIMELINE_PX,
    look,
  );
}
