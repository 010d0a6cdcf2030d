/**
 * When a card is forgotten after its owner added prekeys.
 *
 * Spec: docs/protocol/relay.md §5.3 and §8.2.
 *
 * @module
 */

/** Seconds. */
const WEEK = 7 * 24 * 3600;

/** `idleWeeks` from now, rounded up to the week. */
export function renewedCard(expiresAt: number, idleWeeks: number | undefined, now: number): number {
  if (idleWeeks === undefined) {
    return expiresAt;
  }
  return Math.ceil(now / WEEK + idleWeeks) * WEEK;
}
