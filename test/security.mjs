/**
 * Looks up whether anything that is installed has known vulnerabilities: `npm run security`. Where the
 * data of a check cannot be reached it says so, because "not checked" is not "nothing found".
 * Exit code: 0 nothing found in what could be checked, 1 something found.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.9.0";
/** govulncheck's code for vulnerabilities that the code can reach. */
const FOUND = 3;

const root = join(import.meta.dirname, "..");
const results = [npmAudit(), govulncheck()];
for (const { check, outcome, details } of results) {
  console.log(`${check}: ${outcome}`);
  if (details) console.log(details.trimEnd().replace(/^/gm, "    "));
  // Shown by GitHub beside the run, so that a check that could not run is noticed.
  if (outcome.startsWith("NOT CHECKED") && process.env.GITHUB_ACTIONS) console.log(`::warning::${check}: ${outcome}`);
}
process.exitCode = results.some(({ outcome }) => outcome.startsWith("FOUND")) ? 1 : 0;

function npmAudit() {
  const check = "npm audit";
  const { stdout, error } = spawnSync("npm", ["audit", "--json"], { cwd: root, encoding: "utf8" });
  const report = parse(stdout);
  if (report?.metadata?.vulnerabilities === undefined) {
    return { check, outcome: notChecked(report?.message ?? error?.message ?? "npm gave no report") };
  }
  const { total, ...byLevel } = report.metadata.vulnerabilities;
  if (total === 0) return { check, outcome: "nothing found" };
  const levels = Object.entries(byLevel).flatMap(([level, count]) => (count > 0 ? [`${count} ${level}`] : []));
  const details = Object.values(report.vulnerabilities).map(
    ({ name, severity, range }) => `${severity}: ${name} ${range}`,
  );
  return { check, outcome: `FOUND ${levels.join(", ")}`, details: details.join("\n") };
}

function govulncheck() {
  const check = "govulncheck";
  const { status, stdout, stderr, error } = spawnSync("go", ["run", GOVULNCHECK, "./..."], {
    cwd: join(root, "xk6"),
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status === 0) return { check, outcome: "nothing found" };
  // go run always ends with 1, and prints the program's code last.
  if (status === FOUND || stderr?.includes(`exit status ${FOUND}`)) {
    return { check, outcome: "FOUND vulnerabilities that the code can reach", details: stdout };
  }
  return { check, outcome: notChecked(error?.message ?? stderr.trim().split("\n").at(-2) ?? stderr) };
}

function notChecked(why) {
  return `NOT CHECKED, its data cannot be reached here: ${why}`;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
