/** To be imported before websocket.ts, by a bundle that only our own k6 can run. */
import { follow, vanish } from "k6/x/sockets";
import { useSockets } from "./rudeness.ts";

useSockets({ follow, vanish });
