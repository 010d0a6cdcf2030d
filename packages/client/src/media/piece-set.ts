/**
 * Which pieces of a file are done: a bit for each.
 *
 * @module
 */

const BITS = 8;

export class PieceSet {
  /** Of all pieces, in the set or not. */
  readonly capacity: number;
  readonly #bits: Uint8Array;
  #size = 0;

  /** @param bits as {@link PieceSet.toBytes} gave them; those of another number of pieces count as empty */
  constructor(capacity: number, bits?: Uint8Array) {
    this.capacity = capacity;
    this.#bits = new Uint8Array(Math.ceil(capacity / BITS));
    if (bits?.length === this.#bits.length) {
      for (let i = 0; i < capacity; i += 1) {
        if (((bits[i >> 3] as number) >> (i & 7)) & 1) {
          this.add(i);
        }
      }
    }
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.capacity;
  }

  has(index: number): boolean {
    return (((this.#bits[index >> 3] as number) >> (index & 7)) & 1) === 1;
  }

  add(index: number): void {
    if (!this.has(index)) {
      this.#bits[index >> 3] = (this.#bits[index >> 3] as number) | (1 << (index & 7));
      this.#size += 1;
    }
  }

  delete(index: number): void {
    if (this.has(index)) {
      this.#bits[index >> 3] = (this.#bits[index >> 3] as number) & ~(1 << (index & 7));
      this.#size -= 1;
    }
  }

  clear(): void {
    this.#bits.fill(0);
    this.#size = 0;
  }

  /** Those that are in it, in order. */
  members(): Generator<number, void, undefined> {
    return this.#those(true);
  }

  /** Those that are not in it, in order. */
  missing(): Generator<number, void, undefined> {
    return this.#those(false);
  }

  /** A copy. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#bits);
  }

  *#those(isIn: boolean): Generator<number, void, undefined> {
    for (let i = 0; i < this.capacity; i += 1) {
      if (this.has(i) === isIn) {
        yield i;
      }
    }
  }
}
