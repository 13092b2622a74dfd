/** The endpoints of a run: the load test's own, or the user's from a file. */

import * as v from "valibot";
import { once } from "../../../core/once.ts";
import { messageOf } from "../../../core/problem.ts";
import type { Endpoint } from "../endpoint.ts";
import { endpointSchema } from "../endpointschema.ts";
import { type LogVariants, ruleProblem, variantsFor } from "../variants.ts";

const fileSchema = once(() => v.pipe(v.array(endpointSchema()), v.minLength(1), v.maxLength(100)));

interface EndpointSettings {
  readonly ENDPOINTS: readonly Endpoint[];
  readonly ENDPOINTS_FILE: string | undefined;
  readonly CHAIN_ID: number;
  readonly UNMATCHED_SHARE: number;
}

/** Decides which endpoint expects which events. */
export interface WebhookEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** What events are drawn from; undefined for the load test's own endpoints. */
  readonly variants: LogVariants | undefined;
}

/**
 * Reads the endpoints, in the init context.
 *
 * @param read returns the text of a file.
 * @throws a string of one line when they cannot be used.
 */
export function endpointsOf(settings: EndpointSettings, read: (file: string) => string): WebhookEndpoints {
  const { ENDPOINTS_FILE: file, CHAIN_ID, UNMATCHED_SHARE } = settings;
  if (file === undefined) return { endpoints: settings.ENDPOINTS, variants: undefined };
  try {
    const parsed = v.safeParse(fileSchema(), JSON.parse(read(file)));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new Error(`${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
    }
    const endpoints = parsed.output;
    const variants = variantsFor(endpoints, CHAIN_ID);
    if (UNMATCHED_SHARE > 0 && variants.unwanted.length === 0) {
      throw new Error(`UNMATCHED_SHARE=${UNMATCHED_SHARE}: an endpoint takes everything; leave it out`);
    }
    return { endpoints, variants };
  } catch (problem) {
    throw `ENDPOINTS_FILE=${file}: ${messageOf(problem)}`;
  }
}

/** What is wrong with their rules, for the pipeline's owner. */
export function ruleProblems({ endpoints }: WebhookEndpoints): string[] {
  return endpoints.flatMap((endpoint) => ruleProblem(endpoint) ?? []);
}
