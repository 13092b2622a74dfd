/** The width of the terminal output, in characters. */
const WIDTH = 120;

/** An item of a list, wrapped at the width of the terminal. */
export function bullet(text: string, mark = "  - "): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.pop();
    if (line === undefined) lines.push(`${mark}${word}`);
    else if (line.length + 1 + word.length <= WIDTH) lines.push(`${line} ${word}`);
    else lines.push(line, `${" ".repeat(mark.length)}${word}`);
  }
  return lines.join("\n");
}
