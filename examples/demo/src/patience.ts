/**
 * Waiting for what takes a moment.
 *
 * @module
 */

const EVERY_MS = 100;
const TRIES = 150;

/** Asks again, some times a second, until it holds; not for ever, since what follows says whether it does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < TRIES && !(await holds()); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
