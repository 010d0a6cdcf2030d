/**
 * Memory for blocks of a stream, used again and again: to touch memory for the first time costs more than to encrypt into it.
 *
 * @module
 */

export class BlockMemory {
  readonly #free: Uint8Array[] = [];
  readonly #made = new Map<ArrayBufferLike, Uint8Array>();

  /** The caller's until it is given back, if ever, or wiped. */
  take(size: number): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined && free.length >= size) {
      return free;
    }
    const memory = new Uint8Array(size);
    this.#made.set(memory.buffer, memory);
    return memory;
  }

  /** What was taken, or a part of it; harmless for other memory. Nobody reads from it any more. */
  give(block: Uint8Array): void {
    const memory = this.#made.get(block.buffer);
    if (memory !== undefined) {
      this.#free.push(memory);
    }
  }

  /** All of it held plaintext, what was not given back after a failure too. Nobody uses any of it any more. */
  wipe(): void {
    for (const memory of this.#made.values()) {
      memory.fill(0);
    }
    this.#made.clear();
    this.#free.length = 0;
  }
}
