import type { Flow, FlowTone } from "../charts.ts";
import type { Look, Option } from "./look.ts";

/** On two lines along the path, where there is room below; else on one, beside its neighbours. */
function labelOf(name: string, count: string, isTall: boolean): string {
  return `{name|${name}}${isTall ? "\n" : "  "}${count}`;
}

/** The account as a flow from left to right, with exact numbers in the labels. */
export function flowOption({ nodes, links }: Flow, look: Look): Option {
  const colours: Record<FlowTone, string> = { path: look.accent, uncertain: look.uncertain, bad: look.bad };
  const text = { fontFamily: look.font, fontSize: look.narrow ? 10 : 12, lineHeight: 16 };
  const counts = new Map(
    nodes.map(({ name, count, unit }) => [name, unit === undefined || look.narrow ? count : `${count} ${unit}`]),
  );
  const onPath = new Set(nodes.flatMap(({ name, tone }) => (tone === "path" ? [name] : [])));
  // On a phone there is no room beside a step whose branches are labelled themselves.
  const unlabelled = (name: string) => look.narrow && !onPath.has(name) && links.some(({ from }) => from === name);
  return {
    series: [
      {
        type: "sankey",
        left: 2,
        right: look.narrow ? 68 : 130,
        top: 8,
        bottom: 12,
        nodeWidth: look.narrow ? 6 : 10,
        nodeGap: look.narrow ? 34 : 26,
        nodeAlign: "left",
        draggable: false,
        silent: true,
        // Keep the order of the input: the path on top, what left it below.
        layoutIterations: 0,
        label: {
          ...text,
          color: look.ink,
          formatter: ({ name }) => labelOf(name, counts.get(name) ?? "", look.narrow || onPath.has(name)),
          rich: { name: { ...text, color: look.quiet } },
        },
        data: nodes.map(({ name, tone }) => ({
          name,
          itemStyle: { color: colours[tone], borderWidth: 0 },
          label: { show: !unlabelled(name) },
        })),
        links: links.map(({ from, to, width }) => ({ source: from, target: to, value: width })),
        lineStyle: { color: "target", opacity: 0.2, curveness: 0.5 },
      },
    ],
  };
}
