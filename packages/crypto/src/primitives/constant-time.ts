/**
 * Comparison of secrets in time that depends on their length alone.
 *
 * @module
 */

/** True if both are equal; a difference in length is told at once, a difference in content never early. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false;
  }
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    difference |= (a[i] as number) ^ (b[i] as number);
  }
  return difference === 0;
}
