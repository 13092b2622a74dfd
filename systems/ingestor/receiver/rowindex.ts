import { createHash } from "node:crypto";
import type { StoredMessage } from "../wire.ts";

/** Hexadecimal digits of a bucket: rows are compared in 4,096 buckets, and only those that differ are read again. */
export const BUCKET_DIGITS = 3;
/** Hexadecimal digits of a row's hash: sums of millions of them are exact in a double. */
export const HASH_DIGITS = 8;

/** The key of a row: a number, or the text of any other key. */
export type RowId = number | string;

/** Number of rows in a bucket, and the sum of their hashes. */
export interface BucketSum {
  readonly count: number;
  readonly sum: number;
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** The bucket of a row: a hash of its id, so that ids need no order. The database computes the same. */
export function bucketOf(id: RowId): string {
  return md5(String(id)).slice(0, BUCKET_DIGITS);
}

/** A hash that shows whether a row has changed. The database computes the same. */
export function hashOf({ user_id, channel_id, content }: StoredMessage): number {
  return Number.parseInt(md5([user_id, channel_id, content].join("\x1f")).slice(0, HASH_DIGITS), 16);
}

/** The rows of a run as they were first read. */
export class RowIndex {
  private readonly seqs = new Map<RowId, number>();
  private readonly buckets = new Map<string, { sum: number; readonly ids: RowId[] }>();

  get size(): number {
    return this.seqs.size;
  }

  has(id: RowId): boolean {
    return this.seqs.has(id);
  }

  /** The event of a row; undefined for a row that was never read. */
  seqOf(id: RowId): number | undefined {
    return this.seqs.get(id);
  }

  /** Enters a new row. */
  enter(id: RowId, seq: number, row: StoredMessage): void {
    this.seqs.set(id, seq);
    const name = bucketOf(id);
    const bucket = this.buckets.get(name) ?? { sum: 0, ids: [] };
    bucket.sum += hashOf(row);
    bucket.ids.push(id);
    this.buckets.set(name, bucket);
  }

  idsIn(bucket: string): readonly RowId[] {
    return this.buckets.get(bucket)?.ids ?? [];
  }

  /** The buckets whose rows differ from those that were read. */
  differing(there: ReadonlyMap<string, BucketSum>): string[] {
    const names = new Set([...this.buckets.keys(), ...there.keys()]);
    return [...names].filter((name) => {
      const [known, now] = [this.buckets.get(name), there.get(name)];
      return known?.ids.length !== now?.count || known?.sum !== now?.sum;
    });
  }
}
