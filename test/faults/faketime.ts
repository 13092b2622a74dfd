/** A clock that can be set while a process runs, by libfaketime. */
import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Debian puts it, whatever the processor. */
const FOLDERS = existsSync("/usr/lib") ? readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime`) : [];

/** The library; undefined where this machine has none. */
export const FAKETIME = FOLDERS.map((folder) => join(folder, "libfaketimeMT.so.1")).find(existsSync);

/** The clock of one process. */
export class Clock {
  private readonly file: string;

  private constructor(file: string) {
    this.file = file;
  }

  /** A clock that is right. @param folder where it is set from. */
  static async in(folder: string): Promise<Clock> {
    const clock = new Clock(join(folder, "clock"));
    await clock.set(0);
    return clock;
  }

  /** What a process must be told to go by it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: FAKETIME as string,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** Sets it so many seconds away from the right time. */
  async set(seconds: number): Promise<void> {
    await writeFile(this.file, seconds < 0 ? String(seconds) : `+${seconds}`);
  }
}
