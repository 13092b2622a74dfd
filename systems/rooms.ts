/** The systems of the list. Whoever judges or tells of a run imports them, so that they are known. */
import { openRooms } from "../core/room.ts";
import * as list from "./list.ts";

export const ROOMS = openRooms(Object.values(list));
