/** A clock that can be set while a process runs, with libfaketime. */
import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Debian's path, for any processor. */
const FOLDERS = existsSync("/usr/lib") ? readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime`) : [];

/** The library; undefined if it is not installed. */
export const FAKETIME = FOLDERS.map((folder) => join(folder, "libfaketimeMT.so.1")).find(existsSync);

/** The clock of one process. */
export class Clock {
  private readonly file: string;

  private constructor(file: string) {
    this.file = file;
  }

  /** A correct clock. @param folder for the file that sets it. */
  static async in(folder: string): Promise<Clock> {
    const clock = new Clock(join(folder, "clock"));
    await clock.set(0);
    return clock;
  }

  /** The environment of a process that uses it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: FAKETIME as string,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** Sets it `seconds` away from the correct time. */
  async set(seconds: number): Promise<void> {
    await writeFile(this.file, seconds < 0 ? String(seconds) : `+${seconds}`);
  }
}
