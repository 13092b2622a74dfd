/** The command that checks what a run needs and sends no load, for a message. Pure. */
import { withoutCredentials } from "../../core/redaction.ts";
import { shellWord } from "../shell-word.ts";
import { secretOf } from "./parameters.ts";
import type { RunOrder } from "./parts.ts";

const HIDDEN = "(hidden)";

/**
 * The doctor command with the subject, addresses and variables of a run, without its secrets. What the shell's
 * environment gives, doctor reads there itself.
 *
 * @returns null for a reference target, of which doctor knows only the machine.
 */
export function sameCheck({ subject, request }: Pick<RunOrder, "subject" | "request">): string | null {
  const { urls, set, scenario, receiverPort } = request;
  const isReference = Object.keys(urls).every((name) => name === "receiver");
  if (isReference && subject.kind.own === undefined) return null;
  const isSecret = secretOf(subject.groups.flat());
  const flags = [
    ...(scenario === undefined ? [] : ["--scenario", scenario]),
    ...Object.entries(urls).flatMap(([name, url]) => [`--${name}-url`, withoutCredentials(url)]),
    ...(receiverPort === undefined ? [] : ["--receiver-port", String(receiverPort)]),
    ...set.flatMap((setting) => {
      const [, given = "", name = "", value = ""] = /^((?:[a-z0-9-]+\.)?(\w+)=)(.*)$/s.exec(setting) ?? [];
      return ["--set", `${given}${isSecret(name, value) ? HIDDEN : withoutCredentials(value)}`];
    }),
  ];
  const command = ["npx", "throughline", "doctor", ...subject.name.split(" "), ...flags].map(shellWord).join(" ");
  const isWhole = !flags.some((flag) => flag.includes(HIDDEN));
  return isWhole ? command : `${command} (put in what is hidden)`;
}
