/**
 * Reads a file of the user's folder; k6 by itself takes a path as one beside the script. To be called in the init
 * context.
 *
 * @param variable what named the file.
 * @throws a string of one line when it cannot be read.
 */
export function readFile(file: string, variable: string): string {
  try {
    return open(absolute(file));
  } catch {
    throw `${variable}=${file}: cannot be read`;
  }
}

/**
 * Refuses a file that k6 could not write after the load, because its folder is missing or it is a folder itself: k6
 * then says so in a line of its log, and its exit code is that of the verdict all the same. To be called in the init
 * context. Whether the folder may be written k6 does not tell before.
 *
 * @throws a string of one line.
 */
export function requireFolder(file: string, variable: string): void {
  const path = absolute(file);
  // A device or pipe is not opened: it might have no end.
  const isDevice = /^\/(dev|proc)\/./.test(path);
  if (!isDevice && isFolder(path)) throw `${variable}=${file}: is a folder; name a file in it`;
  const folder = path.replace(/\/+[^/]*$/, "") || "/";
  if (!isFolder(folder)) throw `${variable}=${file}: there is no folder ${folder}; make it first`;
}

function absolute(file: string): string {
  const folder = __ENV["PWD"];
  return file.startsWith("/") || folder === undefined ? file : `${folder}/${file}`;
}

/** k6 opens no folder, and says why. */
function isFolder(path: string): boolean {
  try {
    open(path);
    return false;
  } catch (problem) {
    return String(problem).includes("can't be used with directories");
  }
}
