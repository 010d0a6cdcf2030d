/**
 * How many things, of how many bytes, expire when: exact counts for the limits, in memory only, filled from the tables
 * when they are opened.
 *
 * @module
 */

export interface Count {
  readonly count: number;
  readonly bytes: number;
}

const NONE: Count = { count: 0, bytes: 0 };

export class ExpiryTally {
  readonly #byExpiry = new Map<number, Count>();
  #held: Count = NONE;

  /** Everything held, expired or not. */
  get held(): Count {
    return this.#held;
  }

  /** With negative numbers, removes. */
  add(expiresAt: number, count: number, bytes: number): void {
    const before = this.#byExpiry.get(expiresAt) ?? NONE;
    const after = { count: before.count + count, bytes: before.bytes + bytes };
    if (after.count === 0) {
      this.#byExpiry.delete(expiresAt);
    } else {
      this.#byExpiry.set(expiresAt, after);
    }
    this.#held = { count: this.#held.count + count, bytes: this.#held.bytes + bytes };
  }

  /** All expiries of something held. */
  expiries(): IterableIterator<number> {
    return this.#byExpiry.keys();
  }

  /** Whether one more of `bytes` keeps what is unexpired at `now` within `most`. */
  fits(bytes: number, now: number, most: { count?: number; bytes?: number }): boolean {
    const fits = (used: Count) =>
      used.count + 1 <= (most.count ?? Number.POSITIVE_INFINITY) &&
      used.bytes + bytes <= (most.bytes ?? Number.POSITIVE_INFINITY);
    // Adding up is needed only when what expired could make the difference.
    return fits(this.#held) || fits(this.#sum((expiresAt) => expiresAt > now));
  }

  /** How many have expired at `now` and are still held. */
  expired(now: number): number {
    return this.#sum((expiresAt) => expiresAt <= now).count;
  }

  #sum(matches: (expiresAt: number) => boolean): Count {
    let count = 0;
    let bytes = 0;
    for (const [expiresAt, each] of this.#byExpiry) {
      if (matches(expiresAt)) {
        count += each.count;
        bytes += each.bytes;
      }
    }
    return { count, bytes };
  }
}

/** Follows transactions: what is rolled back is taken back here too. */
export class TransactionTally extends ExpiryTally {
  #undo: { expiresAt: number; count: number; bytes: number }[] = [];

  override add(expiresAt: number, count: number, bytes: number): void {
    super.add(expiresAt, count, bytes);
    this.#undo.push({ expiresAt, count, bytes });
  }

  commit(): void {
    this.#undo = [];
  }

  rollback(): void {
    for (const { expiresAt, count, bytes } of this.#undo) {
      super.add(expiresAt, -count, -bytes);
    }
    this.#undo = [];
  }
}
