import type { WebSocket } from "k6/websockets";

/**
 * Closes an open socket without waiting for the other side. After `close()` k6 waits for the peer's answer, even beyond
 * the end of the test and through SIGINT: a run of 12 s on a silent gateway took 611 s. k6 gives a connection up at
 * once when a frame after the close frame cannot be written, and `send()` refuses such a frame unless the socket is
 * closed while it inspects its argument.
 */
export function cut(socket: WebSocket): void {
  const { isView } = ArrayBuffer;
  ArrayBuffer.isView = (value): value is ArrayBufferView => {
    socket.close();
    return isView(value);
  };
  try {
    socket.send(new Uint8Array(1));
  } finally {
    ArrayBuffer.isView = isView;
  }
}
