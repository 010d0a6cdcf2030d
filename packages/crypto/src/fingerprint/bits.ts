/**
 * Cutting uniformly random bytes into small numbers of equal width.
 *
 * Spec: docs/protocol/fingerprint.md §4 and §5.
 *
 * @module
 */

/** The first `count` numbers of `width` bits (at most 24) in `bytes`, the most significant bit first. */
export function takeBits(bytes: Uint8Array, width: number, count: number): number[] {
  const numbers: number[] = [];
  let window = 0;
  let held = 0;
  for (const byte of bytes) {
    window = (window << 8) | byte;
    held += 8;
    while (held >= width && numbers.length < count) {
      held -= width;
      numbers.push(window >>> held);
      window &= (1 << held) - 1;
    }
  }
  return numbers;
}
