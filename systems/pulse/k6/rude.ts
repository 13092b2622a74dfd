/** To be imported before websocket.ts, by a bundle that only our own k6 can run. */
import { follow, Sockets, vanish } from "k6/x/sockets";
import { Reader } from "./reader.ts";
import { useSockets } from "./rudeness.ts";

useSockets({ follow, vanish, reader: (...given) => new Reader(Sockets, ...given) });
