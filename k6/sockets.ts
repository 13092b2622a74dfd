/**
 * websocket.ts on the connections of bin/k6: events are read in Go, and clients can be as they are in the field, where
 * some vanish without a word and some read slowly. Any other k6 reads all there is, in the script, and says goodbye.
 */
import "../systems/pulse/k6/rude.ts";

export * from "./websocket.ts";
