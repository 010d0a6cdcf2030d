/**
 * Acknowledgements of one mailbox: those of the same turn go in one frame.
 *
 * Spec: docs/protocol/relay.md §4.5.
 *
 * @module
 */

import { MAX_ACKS_PER_FRAME } from '@secret-chat/wire';

export class Acknowledgements {
  readonly #send: (hashes: readonly Uint8Array[]) => void;
  #hashes: Uint8Array[] = [];

  /** @param send is given 1 to 256 hashes */
  constructor(send: (hashes: readonly Uint8Array[]) => void) {
    this.#send = send;
  }

  add(...hashes: readonly Uint8Array[]): void {
    if (this.#hashes.length === 0) {
      queueMicrotask(() => this.#flush());
    }
    this.#hashes.push(...hashes);
  }

  #flush(): void {
    const all = this.#hashes;
    this.#hashes = [];
    for (let first = 0; first < all.length; first += MAX_ACKS_PER_FRAME) {
      this.#send(all.slice(first, first + MAX_ACKS_PER_FRAME));
    }
  }
}
