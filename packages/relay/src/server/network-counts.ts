/**
 * How many of something each network has at the moment; only networks that have any are remembered.
 *
 * Spec: docs/protocol/relay.md §8.4.
 *
 * @module
 */

export class NetworkCounts {
  readonly #counts = new Map<string, number>();

  /** Counts one more; false, and nothing is counted, if `network` has `most` already. */
  enter(network: string, most: number): boolean {
    const count = this.#counts.get(network) ?? 0;
    if (count >= most) {
      return false;
    }
    this.#counts.set(network, count + 1);
    return true;
  }

  /** To be called once for each that was let in. */
  leave(network: string): void {
    const left = (this.#counts.get(network) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(network, left);
    } else {
      this.#counts.delete(network);
    }
  }
}
