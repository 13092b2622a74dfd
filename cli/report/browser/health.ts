import type { HealthLines } from "../charts.ts";
import type { Look, Option } from "./look.ts";
import { stackOption } from "./stack.ts";

/** Height of the element; must match the CSS. */
const HEALTH_PX = 360;

export function healthOption({ processes, marks }: HealthLines, look: Look): Option {
  const lines = (key: "cpu" | "memory") =>
    processes.map(({ name, at, [key]: values }, place) => ({
      name,
      at,
      values,
      colour: look.series[place % look.series.length] ?? look.accent,
    }));
  return stackOption(
    [
      { title: "CPU, %", scale: "linear", lines: lines("cpu") },
      { title: "memory, MB", scale: "linear", lines: lines("memory") },
    ],
    marks,
    HEALTH_PX,
    look,
  );
}
