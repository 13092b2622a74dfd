/**
 * websocket.ts for clients as they are in the field: some vanish without a word, and some read slowly. Needs bin/k6:
 * any other k6 says goodbye for them, and reads all there is.
 */
import "../systems/pulse/k6/rude.ts";

export * from "./websocket.ts";
