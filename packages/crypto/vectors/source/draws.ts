import { type RandomSource, sha256 } from '../../src/index.ts';
import { seededRandom } from '../../test/support/random.ts';

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function sha256Hex(bytes: Uint8Array): string {
  return hex(sha256(bytes));
}

/** Reproducible randomness that remembers what it gave, so that vectors can list every draw in order. */
export class Draws {
  readonly #source: RandomSource;
  #taken: string[] = [];

  constructor(seed: string) {
    this.#source = seededRandom(`secret-chat vectors/${seed}`);
  }

  readonly random: RandomSource = (length) => {
    const bytes = this.#source(length);
    this.#taken.push(hex(bytes));
    return bytes;
  };

  /** What was drawn since the last call. */
  taken(): string[] {
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }
}
