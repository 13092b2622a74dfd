import type { WebSocket } from "k6/websockets";

/**
 * Closes an open socket without waiting for the other side. After `close()` k6 waits for the peer's answer: for ever,
 * beyond the end of the test and through SIGINT; a run of 12 s on a gateway that had fallen silent hung for 611.
 * It gives a connection up at once when a frame behind the closing one cannot be written, and `send()` refuses such
 * a frame unless the socket is closed while it looks at its argument.
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
