/** The gateway's endpoints, as in the variables of http. */
export function gatewayOf(values: { readonly MANIFESTS?: boolean; readonly DEPENDENCY_AWAY?: boolean }) {
  return { gateway: { manifests: values.MANIFESTS === true, dependencyAway: values.DEPENDENCY_AWAY === true } };
}
