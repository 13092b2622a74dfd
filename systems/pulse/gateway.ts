/** What a gateway that is visited has, as the variables of http say it. */
export function gatewayOf(values: { readonly MANIFESTS?: boolean; readonly DEPENDENCY_AWAY?: boolean }) {
  return { gateway: { manifests: values.MANIFESTS === true, dependencyAway: values.DEPENDENCY_AWAY === true } };
}
