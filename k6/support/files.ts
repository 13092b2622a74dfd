/**
 * Reads a file of the user's folder; k6 by itself takes a path as one beside the script. To be called in the init
 * context.
 *
 * @param variable what named the file.
 * @throws a string of one line when it cannot be read.
 */
export function readFile(file: string, variable: string): string {
  const folder = __ENV["PWD"];
  const path = file.startsWith("/") || folder === undefined ? file : `${folder}/${file}`;
  try {
    return open(path);
  } catch {
    throw `${variable}=${file}: cannot be read`;
  }
}
