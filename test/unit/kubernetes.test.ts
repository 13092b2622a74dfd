import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import ts from "typescript";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { settings } from "../../k6/support/settings.ts";
import { VARIABLES } from "../../systems/variables.ts";
import { type Manifest, manifestsIn, root, TestRunSchema } from "../deployment.ts";

const folder = join(root, "deploy/kubernetes");
const tests = Object.keys(VARIABLES) as (keyof typeof VARIABLES)[];
const standing = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
  .flatMap((name) => manifestsIn(join(folder, name)));
const testRuns = readdirSync(join(folder, "testruns")).flatMap((name) => manifestsIn(join(folder, "testruns", name)));

/** Where the type of each built-in kind is declared. */
const TYPES: Readonly<Record<string, string>> = {
  Namespace: "kubernetes-types/core/v1",
  Service: "kubernetes-types/core/v1",
  Deployment: "kubernetes-types/apps/v1",
  NetworkPolicy: "kubernetes-types/networking/v1",
};

/**
 * Compiles manifests as literals of their types, which were generated from Kubernetes' own OpenAPI document: wrong
 * types, missing fields and fields that Kubernetes does not know are errors.
 */
function typeErrors(manifests: readonly Manifest[]): string[] {
  const file = join(root, "test/unit/manifests.generated.ts");
  const text = manifests
    .map(({ kind }, place) => {
      const type = TYPES[kind];
      if (type === undefined) throw new Error(`no type is known for ${kind}`);
      return `import type { ${kind} as Kind${place} } from "${type}";\nexport const manifest${place}: Kind${place} = ${JSON.stringify(manifests[place])};\n`;
    })
    .join("");
  const options = { strict: true, noEmit: true, types: [], moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost({ ...options, module: ts.ModuleKind.ESNext });
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target) => (name === file ? ts.createSourceFile(name, text, target) : read(name, target));
  const program = ts.createProgram([file], { ...options, module: ts.ModuleKind.ESNext, skipLibCheck: true }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

describe("the manifests of built-in kinds", () => {
  test("let the receiver out to names, to the target's databases and to another receiver, and nowhere else", () => {
    const policy = standing.find(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "receiver");
    const namespace = (matchLabels: object) => [{ namespaceSelector: { matchLabels } }];
    const receiver = { "app.kubernetes.io/name": "receiver", "app.kubernetes.io/part-of": "throughline" };
    expect(policy?.spec).toMatchObject({
      egress: [
        {
          to: namespace({ "kubernetes.io/metadata.name": "kube-system" }),
          ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })),
        },
        { to: namespace({ "throughline.dev/target": "true" }) },
        { to: [{ podSelector: { matchLabels: receiver } }], ports: [{ protocol: "TCP", port: 4800 }] },
      ],
    });
  });

  test("are what Kubernetes' own types allow", { timeout: 60_000 }, () => {
    expect(standing.map(({ kind }) => kind).sort()).toEqual([
      "Deployment",
      "Namespace",
      "NetworkPolicy",
      "NetworkPolicy",
      "Service",
    ]);
    expect(typeErrors(standing)).toEqual([]);
  });

  test("would be refused with a field that is misspelt, missing or of another type", { timeout: 60_000 }, () => {
    const broken = (spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec });
    const errors = typeErrors(
      [{ portz: [] }, { ports: [{ name: "http" }] }, { ports: [{ port: "4800" }] }].map(broken),
    );
    expect(errors).toHaveLength(3);
    for (const [place, part] of ["portz", "'port' is missing", "'number'"].entries()) {
      expect(errors[place]).toContain(part);
    }
  });

  test("are all listed for kubectl apply -k, and bear the API version of their types", () => {
    const { resources } = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as { resources: string[] };
    expect(new Set(resources)).toEqual(
      new Set(readdirSync(folder).filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")),
    );
    for (const { kind, apiVersion } of standing) {
      const [, group, version] = (TYPES[kind] ?? "").split("/");
      const prefix = { core: "", networking: "networking.k8s.io/" }[group ?? ""] ?? `${group}/`;
      expect(apiVersion).toBe(`${prefix}${version}`);
    }
  });

  test("name one receiver, its port and its labels everywhere", () => {
    const text = JSON.stringify(standing);
    const labels = '{"app.kubernetes.io/name":"receiver","app.kubernetes.io/part-of":"throughline"}';
    expect(text.split(labels).length - 1).toBe(8);
    for (const [, port] of text.matchAll(/"(?:containerPort|port)":(\d+)/g))
      expect(["4800", "6565", "53"]).toContain(port);
    expect(text).toContain("--port=4800");
  });
});

test("there is a TestRun for every test", () => {
  const names = testRuns.map((testRun) => v.parse(TestRunSchema, testRun).metadata.name);
  expect(names.sort()).toEqual(tests.map((name) => `throughline-${name}`).sort());
});

describe.each(tests)("the TestRun of %s", (name) => {
  const testRun = v.parse(
    TestRunSchema,
    testRuns.find(({ metadata }) => metadata.name === `throughline-${name}`),
  );
  const { spec } = testRun;
  const words = spec.arguments.trim().split(/\s+/);
  const given = Object.fromEntries(
    words.filter((_, place) => place % 2 === 1).map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );

  test("gives k6 only variables, and such as the test takes", () => {
    expect(words.filter((_, place) => place % 2 === 0)).toEqual(
      words.filter((_, place) => place % 2 === 1).map(() => "-e"),
    );
    expect(() => settings(name, given)).not.toThrow();
    expect(Object.keys(given)).not.toContain(expect.stringMatching(/TOKEN|PASSWORD|SECRET/));
  });

  test("runs the bundle of its ConfigMap with the image of the Dockerfile", () => {
    expect(spec.script.configMap).toEqual({ name: `throughline-${name}`, file: `${name}.js` });
    // Trials are sent by one virtual user.
    expect(spec.parallelism).toBe(name === "webhook" ? 1 : 4);
    expect(spec.runner.image).toMatch(/^throughline-k6:\d/);
    expect(spec.initializer.image).toBe(spec.runner.image);
  });

  test("sends its reports to the Service, from pods that the NetworkPolicy lets through", () => {
    if (name !== "http") expect(given["RECEIVER_URL"]).toBe("http://receiver:4800");
    const policies = standing.filter(({ kind }) => kind === "NetworkPolicy");
    expect(JSON.stringify(policies[0])).toContain(JSON.stringify(spec.runner.metadata.labels));
  });

  test("tells every runner how many there are, and holds them all together to the events", () => {
    const { load, slos, INSTANCES } = settings(name, given);
    expect(INSTANCES).toBe(spec.parallelism);
    if (load.kind !== "paced") return;
    expect(slos.find(({ metric }) => metric === "account_offered")?.bound).toBe(load.events);
  });

  test("is not confused by the variables that Kubernetes makes of the Services in the namespace", () => {
    const links: Record<string, string> = {};
    // The operator makes a Service for each runner of a TestRun.
    const ofRunners = [`throughline-${name}-service-1`, `throughline-${name}-service-2`];
    const ours = standing.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name);
    const of = ["PROTO", "PORT", "ADDR"].map((what) => `PORT_6565_TCP_${what}`);
    for (const service of [...ours, ...ofRunners]) {
      const prefix = service.toUpperCase().replaceAll("-", "_");
      for (const suffix of ["PORT", "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP_API", "PORT_6565_TCP", ...of]) {
        links[`${prefix}_${suffix}`] = "tcp://10.0.0.1:6565";
      }
    }
    expect(Object.keys(links)).toHaveLength(24);
    expect(() => settings(name, { ...links, ...given })).not.toThrow();
    expect(() => settings(name, { ...given, THROUGHLINE_RECEIVER: "http://10.0.0.1:4800" })).toThrow();
  });
});

const crdFile = process.env["K6_OPERATOR_CRD"];
const without = crdFile === undefined ? ": SKIPPED, K6_OPERATOR_CRD does not name the CRD's file" : "";

describe.skipIf(crdFile === undefined)(`by k6-operator's own schema${without}`, () => {
  const validate = crdFile === undefined ? undefined : validatorOf(crdFile);

  test.each(testRuns)("$metadata.name is valid", (testRun) => {
    expect(validate?.(testRun), JSON.stringify(validate?.errors)).toBe(true);
  });

  test("a field that the CRD does not know is refused", () => {
    const [testRun] = testRuns;
    expect(validate?.({ ...testRun, spec: { ...testRun?.["spec"], paralelism: 4 } })).toBe(false);
    expect(validate?.({ ...testRun, spec: { script: {} } })).toBe(false);
  });
});

/** A validator for the stored version of a custom resource; Kubernetes would drop unknown fields, it refuses them. */
function validatorOf(file: string) {
  const crd = parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => document.toJS() as Manifest)
    .find(({ metadata }) => metadata?.name === "testruns.k6.io") as unknown as {
    spec: { versions: { storage: boolean; schema: { openAPIV3Schema: object } }[] };
  };
  const schema = crd.spec.versions.find(({ storage }) => storage)?.schema.openAPIV3Schema ?? {};
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  return ajv.compile(closed(schema) as object);
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open = "additionalProperties" in copy || copy["x-kubernetes-preserve-unknown-fields"] === true;
  // Only an object's own list of fields; a field may itself be called properties.
  const listsFields = copy["type"] === "object" && typeof copy["properties"] === "object";
  return listsFields && !open ? { ...copy, additionalProperties: false } : copy;
}
