import type { PhrasingContent, Root, RootContent, TableRow } from "mdast";
import { gfmTableToMarkdown } from "mdast-util-gfm-table";
import { toMarkdown } from "mdast-util-to-markdown";

/** Text in a paragraph or cell; Markdown in it is escaped. */
export function text(value: string): PhrasingContent {
  return { type: "text", value };
}

/** Inline code. */
export function code(value: string): PhrasingContent {
  return { type: "inlineCode", value };
}

/** Bold text. */
export function strong(value: string): PhrasingContent {
  return { type: "strong", children: [text(value)] };
}

export function heading(depth: 1 | 2 | 3, value: string): RootContent {
  return { type: "heading", depth, children: [text(value)] };
}

export function paragraph(...children: PhrasingContent[]): RootContent {
  return { type: "paragraph", children };
}

export function list(items: readonly string[]): RootContent {
  const children = items.map((item) => ({
    type: "listItem" as const,
    spread: false,
    children: [{ type: "paragraph" as const, children: [text(item)] }],
  }));
  return { type: "list", ordered: false, spread: false, children };
}

/** A table with a header; columns named in `numbers` are right-aligned. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | PhrasingContent)[])[],
  numbers: readonly string[] = [],
): RootContent {
  const row = (cells: readonly (string | PhrasingContent)[]): TableRow => ({
    type: "tableRow",
    children: cells.map((cell) => ({ type: "tableCell", children: [typeof cell === "string" ? text(cell) : cell] })),
  });
  const align = head.map((name) => (numbers.includes(name) ? ("right" as const) : null));
  return { type: "table", align, children: [head, ...rows].map(row) };
}

/** Renders GitHub-flavoured Markdown. */
export function markdown(children: RootContent[]): string {
  const root: Root = { type: "root", children };
  return toMarkdown(root, { bullet: "-", extensions: [gfmTableToMarkdown({ tablePipeAlign: false })] });
}
