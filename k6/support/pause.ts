import { setTimeout } from "k6/timers";

/** Waits, while what else this virtual user has begun goes on. @param milliseconds none when negative. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, milliseconds));
  });
}
