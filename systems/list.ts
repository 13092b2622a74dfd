/** The list of systems: adding one is its folder, and one line here under the folder's name. */
export { ethhook } from "./ethhook/room.ts";
export { ingestor } from "./ingestor/room.ts";
export { pulse } from "./pulse/room.ts";
export { signals } from "./signals/room.ts";
