/** The list of systems: adding one is one line. Whoever judges or tells of a run imports it, so that they are known. */
import { openRooms } from "../core/room.ts";
import { ethhook } from "./ethhook/room.ts";
import { ingestor } from "./ingestor/room.ts";
import { pulse } from "./pulse/room.ts";
import { signals } from "./signals/room.ts";

export const ROOMS = openRooms([pulse, ethhook, ingestor, signals]);
