/** Seed of this run's properties: new each time, so told in their names; `FAST_CHECK_SEED` runs one again. */
export const PROPERTY_SEED: number = Number(process.env.FAST_CHECK_SEED ?? Math.floor(Math.random() * 2 ** 31));
