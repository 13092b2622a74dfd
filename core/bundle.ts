/** The first line of a bundle that the receiver loads: which file of the user it was made of. */
const HEAD = /^\/\/ made of ([^\n]+)\n/;

/** That line, for a file as the user would write it. */
export function bundleHead(file: string): string {
  return `// made of ${file}`;
}

/** The file that a bundle was made of; null where its text does not say so. */
export function madeOf(text: string): string | null {
  return HEAD.exec(text)?.[1] ?? null;
}
