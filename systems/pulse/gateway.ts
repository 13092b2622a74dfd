/** The gateway's endpoints, as the variables of http describe them. */
export function gatewayOf(values: { readonly MANIFESTS?: boolean; readonly DEPENDENCY_AWAY?: boolean }) {
  return { gateway: { manifests: values.MANIFESTS === true, dependencyAway: values.DEPENDENCY_AWAY === true } };
}
