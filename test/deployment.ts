/** The deployment files as data, for tests that compare them with the code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parse, parseAllDocuments } from "yaml";

export const root = join(import.meta.dirname, "..");

const Texts = v.array(v.string());

const ServiceSchema = v.object({
  image: v.string(),
  pull_policy: v.optional(v.string()),
  build: v.optional(v.object({ context: v.string(), dockerfile: v.string(), target: v.string() })),
  profiles: v.optional(Texts),
  command: v.optional(Texts),
  environment: v.optional(v.record(v.string(), v.string())),
  ports: v.optional(Texts),
  volumes: v.optional(Texts),
  depends_on: v.optional(v.record(v.string(), v.object({ condition: v.string() }))),
  healthcheck: v.optional(v.object({ disable: v.optional(v.boolean()), test: v.optional(Texts) })),
});

export type ComposeService = v.InferOutput<typeof ServiceSchema>;

const ComposeSchema = v.looseObject({
  services: v.record(v.string(), ServiceSchema),
  volumes: v.record(v.string(), v.nullable(v.object({}))),
});

/** docker-compose.yml with its anchors resolved. */
export const composeDocument: unknown = parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), { merge: true });

/** The parts that tests read. */
export const composeFile = v.parse(ComposeSchema, composeDocument);

/** Fills in Compose's `${NAME:-default}`. */
export function interpolated(text: string, variables: Readonly<Record<string, string>> = {}): string {
  return text.replace(
    /\$\{([A-Z0-9_]+):-([^}]*)\}/g,
    (_, name: string, fallback: string) => variables[name] ?? fallback,
  );
}

const ManifestSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({ name: v.string() }),
});

export type Manifest = v.InferOutput<typeof ManifestSchema> & { readonly spec?: object };

/** The Kubernetes manifests in a file. */
export function manifestsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, "utf8")).map((document) => v.parse(ManifestSchema, document.toJS()));
}

const PodSchema = v.looseObject({
  image: v.string(),
  metadata: v.object({ labels: v.record(v.string(), v.string()) }),
});

/** The parts of a k6-operator TestRun that tests read. */
export const TestRunSchema = v.looseObject({
  metadata: v.looseObject({ name: v.string() }),
  spec: v.looseObject({
    parallelism: v.number(),
    arguments: v.string(),
    script: v.object({ configMap: v.object({ name: v.string(), file: v.string() }) }),
    initializer: PodSchema,
    runner: PodSchema,
  }),
});
