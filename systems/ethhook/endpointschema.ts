import * as v from "valibot";
import { once } from "../../core/once.ts";
import { texts } from "../../core/texts.ts";

/** An endpoint as files and the wire have it. */
export const endpointSchema = once(() =>
  v.object({
    name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)),
    contract_addresses: v.nullable(texts()),
    event_signatures: v.nullable(texts()),
    chain_ids: v.nullable(v.pipe(v.array(v.number()), v.readonly())),
    is_active: v.boolean(),
  }),
);
