/** `throughline doctor`: is everything there that a run needs? */
import type { Command } from "commander";
import { URL_NAMES } from "../config.ts";
import { connectionsOf } from "../connections.ts";
import { planRun, type Request } from "../run/request.ts";
import { type Subject, subjectOf } from "../run/subject.ts";
import { canaryCheck } from "./canary.ts";
import { machineChecks, type Need, renderChecks } from "./checks.ts";
import { lookAtMachine } from "./machine.ts";
import { targetChecks } from "./target.ts";

const EXAMPLES = `
Examples:
  throughline doctor
  throughline doctor --scenario stress
  throughline doctor http --http-url https://gateway.example
  throughline doctor websocket nats --ws-url wss://gateway.example/ws --nats-url nats://nats.example:4222

With all addresses of a target a canary is sent through it: a few real events.
Exit codes: 0 when nothing is missing, 1 when something is, 2 wrong usage.`;

interface Flags {
  readonly scenario?: string;
  readonly [url: `${string}Url`]: string | undefined;
}

/** Adds the command. */
export function addDoctorCommand(program: Command, root: string, interrupted: AbortSignal): void {
  const command = program
    .command("doctor")
    .description("look whether all that a run needs is there, and say how to get what is not")
    .argument("[what...]", "what is to run", ["pipeline"])
    .option("--scenario <profile>", "the profile whose needs are looked at");
  for (const name of Object.keys(URL_NAMES)) command.option(`--${name}-url <url>`, `address of ${name} to try`);
  command.addHelpText("after", EXAMPLES).action(async (what: string[], flags: Flags) => {
    const subject = subjectOf(what);
    const urls = urlsOf(flags);
    const request: Request = { scenario: flags.scenario, urls: {}, instances: 1, faults: [], set: [] };
    const checks = [
      ...machineChecks(await lookAtMachine(root), needOf(subject, request)),
      ...(await targetChecks(urls)),
    ];
    const healthy = checks.every(({ ok }) => ok !== false);
    if (healthy && canTry(subject, urls)) {
      checks.push(await canaryCheck(root, subject, { ...request, urls }, interrupted));
    }
    console.log(renderChecks(checks).trimEnd());
    process.exitCode = checks.some(({ ok }) => ok === false) ? 1 : 0;
  });
}

function urlsOf(flags: Flags): Record<string, string> {
  const given = Object.keys(URL_NAMES).map((name) => [name, flags[`${name}Url`]] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Whether the far end of a target can be watched: a receiver settles it, and all its addresses are known. */
function canTry({ kind, groups, settled }: Subject, urls: Readonly<Record<string, string>>): boolean {
  const wanted = Object.keys(kind.urls).filter((name) => name !== "http");
  const tests = groups.flat();
  return kind.canary && settled && tests.length > 0 && wanted.every((name) => name in urls);
}

function needOf(subject: Subject, request: Request): Need {
  const plan = planRun(subject, request);
  const connections = plan.groups.flat().map(({ settings }) => connectionsOf(settings));
  return { load: `${subject.name}, ${request.scenario ?? "smoke"}`, connections: Math.max(...connections) };
}
