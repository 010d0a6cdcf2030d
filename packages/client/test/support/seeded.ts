/** Chance that can be repeated. */

/** Evenly distributed from 0 to 1, without 1. */
export type Chance = () => number;

/** Mulberry32. */
export function seeded(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Bytes of it, for what takes a source of randomness. */
export function seededBytes(seed: number): (length: number) => Uint8Array {
  const chance = seeded(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(chance() * 256));
}
