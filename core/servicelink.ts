/**
 * Whether Kubernetes tells a container of a Service by this variable, whatever the Service is called; the
 * operator of TestRuns makes one for each runner.
 */
export function isServiceLink(name: string): boolean {
  return /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/.test(name);
}
