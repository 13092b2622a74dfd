/** k6/x/sockets: WebSocket clients that vanish, and that read slowly. */
declare module "k6/x/sockets" {
  /**
   * Keeps hold of the connections that this virtual user opens from now on.
   *
   * @param bytesPerSecond how fast they are read; 0 as fast as it goes.
   */
  export function follow(bytesPerSecond: number): void;

  /** Ends them without a closing frame. @returns how many there were. */
  export function vanish(): number;
}
