/** Seeded mutations: the same seed makes the same input on every machine. */

/** xorshift32; not for anything but tests. */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** From 0 to `bound - 1`. */
  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** Changes, cuts, repeats, inserts or splices a few bytes. */
export function mutate(prng: Prng, source: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(source);
  for (let changes = 1 + prng.below(3); changes > 0 && bytes.length > 0; changes--) {
    const at = prng.below(bytes.length);
    switch (prng.below(6)) {
      case 0:
        bytes[at] = prng.below(256);
        break;
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << prng.below(8));
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = join(bytes.subarray(0, at + 16), bytes.subarray(at));
        break;
      case 4:
        bytes = join(bytes.subarray(0, at), Uint8Array.of(prng.below(256)), bytes.subarray(at));
        break;
      default:
        bytes = join(bytes.subarray(0, at), other.subarray(prng.below(other.length)));
    }
  }
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
