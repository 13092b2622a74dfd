/** What a k6 can do to a connection beside what k6's own WebSockets can; nothing, unless a module of ours is there. */
import type { Reader } from "./reader.ts";

export type { Batch, SocketListener, Sockets, SocketsListener } from "k6/x/sockets";

/** The module k6/x/sockets, and what is made with it. */
export interface SocketModule {
  follow(bytesPerSecond: number): void;
  vanish(): number;
  reader(...given: Given<ConstructorParameters<typeof Reader>>): Reader;
}

/** All but the first. */
type Given<All> = All extends readonly [unknown, ...infer Others] ? Others : never;

let given: SocketModule | null = null;

/** Says what there is; to be called before websocket.ts is read. */
export function useSockets(module: SocketModule): void {
  given = module;
}

/** What there is; null where k6 has its own WebSockets only. */
export function socketModule(): SocketModule | null {
  return given;
}
