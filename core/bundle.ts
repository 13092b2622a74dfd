/** The first line of a bundle for the receiver: the user's file that it was made from. */
const HEAD = /^\/\/ made of ([^\n]+)\n/;

/** That line for a file. */
export function bundleHead(file: string): string {
  return `// made of ${file}`;
}

/** The file that a bundle was made from; null where the first line does not say it. */
export function madeOf(text: string): string | null {
  return HEAD.exec(text)?.[1] ?? null;
}
