/**
 * Splits a pipeline file into its two sides: k6 and Node. The functions of the other side are removed before bundling,
 * so that their imports are not needed. Removed code is replaced by blanks to keep line numbers.
 */
import { type Node, parse } from "acorn";
import { full } from "acorn-walk";

/** Where a bundle runs. */
export type Side = "k6" | "node";

/** Functions of a far end, by its kind, that run on one side only. */
const OF_FAR_ENDS: Readonly<Record<string, { readonly name: string; readonly side: Side }>> = {
  subscription: { name: "open", side: "k6" },
  request: { name: "receive", side: "node" },
  rows: { name: "rows", side: "node" },
  list: { name: "list", side: "node" },
  stream: { name: "consume", side: "node" },
  count: { name: "count", side: "node" },
};

interface Property extends Node {
  readonly type: "Property";
  readonly key: Node & { readonly name?: string; readonly value?: unknown };
  readonly value: Node & { readonly value?: unknown };
  readonly method: boolean;
}

/** The code of a module without the other side. @throws acorn's SyntaxError, with its place. */
export function onlySide(javascript: string, side: Side): string {
  const tree = parse(javascript, { ecmaVersion: "latest", sourceType: "module" });
  const others: Property[] = [];
  full(tree, (node) => {
    if (node.type !== "ObjectExpression") return;
    const { properties } = node as Node & { readonly properties: readonly Node[] };
    const own = properties.filter((property): property is Property => property.type === "Property");
    for (const property of own) {
      if (sideOf(property, own) === otherThan(side)) others.push(property);
    }
  });
  // From the end, so that earlier positions stay valid.
  return others.sort((one, other) => other.start - one.start).reduce(blanked, javascript);
}

function otherThan(side: Side): Side {
  return side === "k6" ? "node" : "k6";
}

/** The side of a property; null where it may run on both. */
function sideOf(property: Property, all: readonly Property[]): Side | null {
  const name = nameOf(property);
  const kind = all.find((one) => nameOf(one) === "kind")?.value.value;
  if (typeof kind === "string") return OF_FAR_ENDS[kind]?.name === name ? (OF_FAR_ENDS[kind]?.side ?? null) : null;
  const isPipeline = ["name", "events", "observe"].every((part) => all.some((one) => nameOf(one) === part));
  return isPipeline && (name === "publish" || name === "explain") ? "k6" : null;
}

function nameOf({ key }: Property): string {
  return key.name ?? String(key.value);
}

/** Replaces a property's value by undefined; following lines keep their numbers. */
function blanked(text: string, { start, end, key }: Property): string {
  const name = text.slice(key.start, key.end);
  const value = text.slice(start, end);
  return `${text.slice(0, start)}${name}: undefined${value.replaceAll(/[^\n]/g, "")}${text.slice(end)}`;
}
