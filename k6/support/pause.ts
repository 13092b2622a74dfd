import { setTimeout } from "k6/timers";

/**
 * Waits, while what else this virtual user has begun goes on.
 *
 * @param milliseconds none when negative.
 * @returns by how many ms it was longer: so long did what was begun before keep this virtual user.
 */
export function pause(milliseconds: number): Promise<number> {
  const wanted = Math.max(0, milliseconds);
  const due = Date.now() + wanted;
  return new Promise((resolve) => {
    setTimeout(() => resolve(Math.max(0, Date.now() - due)), wanted);
  });
}
