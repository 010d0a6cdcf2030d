/**
 * How much waits for the connections that are behind, all together. Each may hold some megabytes; many of one client
 * would be more memory than the machine has.
 *
 * Spec: docs/protocol/relay.md §1.5.
 *
 * @module
 */

/** A connection that can be cut. */
interface Slow {
  cut(): void;
}

export class SlowConnections {
  readonly #maxBytes: number;
  readonly #held = new Map<Slow, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Waiting for all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  add(who: Slow, bytes: number): void {
    this.#held.set(who, (this.#held.get(who) ?? 0) + bytes);
    this.#bytes += bytes;
  }

  taken(who: Slow, bytes: number): void {
    const left = (this.#held.get(who) ?? 0) - bytes;
    this.#bytes -= bytes;
    if (left > 0) {
      this.#held.set(who, left);
    } else {
      this.#held.delete(who);
    }
  }

  delete(who: Slow): void {
    this.#bytes -= this.#held.get(who) ?? 0;
    this.#held.delete(who);
  }

  /** Cuts those that most waits for, until it is no more than may be. Nothing is lost (§1.5). */
  bound(): void {
    while (this.#bytes > this.#maxBytes && this.#held.size > 0) {
      const [slowest] = [...this.#held].reduce((most, each) => (each[1] > most[1] ? each : most));
      this.delete(slowest);
      slowest.cut();
    }
  }
}
