/** To be imported before websocket.ts, by a bundle that only our own k6 can run. */
import { follow, Sockets, vanish } from "k6/x/sockets";
import { Reader } from "./reader.ts";
import { useSockets } from "./rudeness.ts";

// A bin/k6 from before the class was there has the rest of the module.
if (typeof Sockets !== "function") throw new Error("bin/k6 is older than this bundle: npm run build");

useSockets({ follow, vanish, reader: (...given) => new Reader(Sockets, ...given) });
