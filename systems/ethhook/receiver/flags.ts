/** The command-line flags of a receiver of webhooks. */

import { type Command, InvalidArgumentError, Option } from "commander";
import * as v from "valibot";
import { messageOf } from "../../../core/problem.ts";
import { MisbehaviourSchema, type MisbehaviourSettings } from "../../../receiver/misbehaviour.ts";
import { SCHEME_NAMES, type SchemeName } from "../../../receiver/signatures/schemes.ts";
import type { SignatureOptions } from "../../../receiver/signatures/signature.ts";
import { type Answer, RECEIVED } from "./intake.ts";

export interface WebhookOptions {
  /** Secret of signatures; without it they are not verified. */
  readonly secret?: string | undefined;
  /** How webhooks are signed. */
  readonly signature?: Omit<SignatureOptions, "secret"> | undefined;
  /** The answer to an accepted webhook; 200 by default. */
  readonly answer?: Answer | undefined;
  /** Another receiver that settles the runs: webhooks are accepted here and accounted for there. */
  readonly settleAt?: string | undefined;
  /** How webhooks are answered at first; `PUT /misbehaviour` changes it. */
  readonly misbehaviour?: MisbehaviourSettings | undefined;
}

function receiverUrl(text: string): string {
  if (/^https?:\/\/[^\s/?#@]+\/*$/.test(text)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("Allowed: a URL such as http://127.0.0.1:4800.");
}

function headerName(text: string): string {
  if (/^[A-Za-z0-9-]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError("Allowed: a header's name.");
}

function status(text: string): number {
  if (/^2\d\d$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Allowed: a status from 200 to 299; --misbehave has the others.");
}

function script(text: string): MisbehaviourSettings {
  try {
    return v.parse(MisbehaviourSchema, JSON.parse(text));
  } catch (problem) {
    throw new InvalidArgumentError(messageOf(problem));
  }
}

export function addWebhookFlags(program: Command): void {
  program
    .addOption(
      new Option(
        "--secret <text>",
        "secret that webhooks must be signed with; without it signatures are neither checked nor judged",
      ).env("RECEIVER_SECRET"),
    )
    .addOption(
      new Option("--signature <scheme>", "how webhooks are signed")
        .choices(SCHEME_NAMES)
        .default("hex")
        .env("RECEIVER_SIGNATURE"),
    )
    .option("--signature-header <name>", "the header of hex, sha256 and base64", headerName)
    .option("--answer-status <number>", "status of the answer to a webhook that is taken", status, RECEIVED.status)
    .option("--answer-body <text>", "body of that answer; may be empty", RECEIVED.body)
    .option(
      "--settle-at <url>",
      "another receiver that settles the runs; this one only forwards webhooks to it",
      receiverUrl,
    )
    .option("--misbehave <json>", 'answer badly, e.g. {"unavailable":0.1,"notFound":0,"dropped":0,"delay":0}', script);
}

interface Flags extends Pick<WebhookOptions, "secret" | "settleAt"> {
  readonly signature: SchemeName;
  readonly signatureHeader?: string;
  readonly answerStatus: number;
  readonly answerBody: string;
  readonly misbehave?: MisbehaviourSettings;
}

export function readWebhookFlags(flags: object): WebhookOptions {
  const { secret, settleAt, signature: scheme, signatureHeader: header, misbehave, ...rest } = flags as Flags;
  const { answerStatus, answerBody } = rest;
  const answer = { status: answerStatus, body: answerStatus === 204 ? "" : answerBody };
  return { secret, settleAt, signature: { scheme, header }, answer, misbehaviour: misbehave };
}
