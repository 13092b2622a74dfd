/** What a test says every few seconds of how far its load has come. */
import { sleep } from "k6";
import exec from "k6/execution";

/** A shorter pause was cut off by the end of the load. */
const SHORTEST_SECONDS = 0.5;

/** What says so beside a load of so many seconds; the test exports it under this name. */
export function progressBeside(seconds: number) {
  return {
    progress: {
      executor: "per-vu-iterations",
      exec: "progress",
      vus: 1,
      iterations: 1,
      maxDuration: `${Math.ceil(seconds)}s`,
      gracefulStop: "0s",
    },
  };
}

/**
 * Calls a function every so many seconds, until the load ends: its virtual users are gone then.
 *
 * @param tell is told the seconds since it was last called; false ends it.
 */
export function tellEvery(seconds: number, tell: (elapsed: number) => boolean): void {
  let before = Date.now();
  for (let goesOn = true; goesOn; ) {
    const started = Date.now();
    sleep(seconds);
    const now = Date.now();
    // When the load is over k6 cuts pauses off, over and over until it ends this function.
    if (now - started < SHORTEST_SECONDS * 1000) return;
    goesOn = tell((now - before) / 1000) && exec.instance.vusActive > 1 && now - started >= seconds * 1000;
    before = now;
  }
}
