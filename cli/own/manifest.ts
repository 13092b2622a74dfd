/** The TestRun for k6-operator on Kubernetes of a user's test, like those in deploy/kubernetes/testruns. */
import type { NamedTest } from "../../core/definition.ts";
import { common } from "../../core/variables.ts";

/** Number of k6 processes that share the load; to be edited by the user. */
const RUNNERS = 4;

/** A TestRun as YAML; values that only the user knows are `change-me`. */
export function testRunOf({ name, variables, required = {}, load }: NamedTest): string {
  // Local addresses do not work in a cluster, so the user must fill in each address.
  const asked = Object.entries(variables).filter(
    ([key, { target, credential }]) => !credential && !Object.hasOwn(common, key) && (target || key in required),
  );
  const given = [
    ...["SCENARIO=load", `INSTANCES=${RUNNERS}`, "ALLOW_REMOTE=1"],
    ...asked.map(([key]) => `${key}=change-me`),
    ...(load === "visits" ? [] : ["RECEIVER_URL=http://receiver:4800", "RUN_ID=change-me"]),
  ];
  return `# kubectl -n throughline create configmap throughline-${name} --from-file=dist/${name}.js
# Secrets are those of throughline-target, by their names.
apiVersion: k6.io/v1alpha1
kind: TestRun
metadata:
  name: throughline-${name}
  namespace: throughline
spec:
  parallelism: ${RUNNERS}
  script:
    configMap:
      name: throughline-${name}
      file: ${name}.js
  arguments: >-
${given.map((pair) => `    -e ${pair}`).join("\n")}
  initializer:
    image: throughline-k6:0.1.0
    metadata: &metadata
      labels: { app.kubernetes.io/name: runner, app.kubernetes.io/part-of: throughline }
    securityContext: &pod { runAsNonRoot: true, runAsUser: 12345, seccompProfile: { type: RuntimeDefault } }
    containerSecurityContext: &container { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
  runner:
    image: throughline-k6:0.1.0
    metadata: *metadata
    securityContext: *pod
    containerSecurityContext: *container
    automountServiceAccountToken: "false"
    envFrom:
      - secretRef: { name: throughline-target, optional: true }
    resources:
      requests: { cpu: "1", memory: 512Mi }
      limits: { memory: 1Gi }
`;
}
