/**
 * Token buckets: how often something may be done, in memory only.
 *
 * Spec: docs/protocol/relay.md §8.4.
 *
 * @module
 */

/** Times are fractions: what rounding adds to a sum is nothing to wait for. */
const ROUNDING_MS = 0.001;
/** Networks remembered at once; the one that was quiet longest is forgotten first. */
const MAX_NETWORKS = 100_000;

/** Full at first; refills evenly. Times are monotonic milliseconds. */
export class TokenBucket {
  readonly #msPerToken: number;
  /** How long an empty bucket takes to fill. */
  readonly #fillMs: number;
  /** When the bucket is full again. */
  #fullAt: number;

  /** `capacity` at once, and again in each `windowMs`. */
  constructor(capacity: number, windowMs: number, now: number) {
    this.#msPerToken = windowMs / capacity;
    this.#fillMs = windowMs;
    this.#fullAt = now;
  }

  /** 0 if `amount` was there and is taken; otherwise nothing is taken, and how many milliseconds to wait. */
  take(amount: number, now: number): number {
    const wait = this.wait(amount, now);
    if (wait === 0) {
      this.spend(amount, now);
    }
    return wait;
  }

  /** Takes `amount` in any case; what was not there is a debt. */
  spend(amount: number, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + amount * this.#msPerToken;
  }

  /** Milliseconds until `amount` is there. */
  wait(amount: number, now: number): number {
    const fullAt = Math.max(this.#fullAt, now) + amount * this.#msPerToken;
    return Math.max(0, Math.ceil(fullAt - now - this.#fillMs - ROUNDING_MS));
  }

  /** Gives back what was not used after all. */
  give(amount: number): void {
    this.#fullAt -= amount * this.#msPerToken;
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }
}

/** One bucket for each network that did something lately. */
export class NetworkRates {
  readonly #capacity: number;
  readonly #windowMs: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** `capacity` at once, and again in each `windowMs`. */
  constructor(capacity: number, windowMs: number) {
    this.#capacity = capacity;
    this.#windowMs = windowMs;
  }

  /** Like {@link TokenBucket.take}. */
  take(network: string, now: number, amount = 1): number {
    let bucket = this.#buckets.get(network);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#capacity, this.#windowMs, now);
    } else {
      this.#buckets.delete(network);
    }
    // The last of the map was used last.
    this.#buckets.set(network, bucket);
    if (this.#buckets.size > MAX_NETWORKS) {
      this.#buckets.delete(this.#buckets.keys().next().value as string);
    }
    return bucket.take(amount, now);
  }

  /** 0 if one more would be allowed; takes nothing. */
  peek(network: string, now: number): number {
    const wait = this.take(network, now);
    if (wait === 0) {
      this.give(network);
    }
    return wait;
  }

  give(network: string, amount = 1): void {
    this.#buckets.get(network)?.give(amount);
  }

  /** Forgets every network whose bucket is full again. */
  sweep(now: number): void {
    for (const [network, bucket] of this.#buckets) {
      if (bucket.isFull(now)) {
        this.#buckets.delete(network);
      }
    }
  }

  get size(): number {
    return this.#buckets.size;
  }
}
