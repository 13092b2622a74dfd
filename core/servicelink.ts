/**
 * Whether Kubernetes sets this variable in containers to describe a Service of any name; k6-operator creates one for
 * each runner.
 */
export function isServiceLink(name: string): boolean {
  return /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/.test(name);
}
