/**
 * scrypt (RFC 7914), from `@noble/hashes`; it yields to the event loop while it runs.
 *
 * @module
 */

import { scryptAsync } from '@noble/hashes/scrypt.js';

/** Cost parameters: `N = 2^logN`, block size `r`, parallelisation `p`; it takes `128 · N · r` bytes of memory. */
export interface ScryptParameters {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** How much of the run is done, from 0 to 1. */
export type ScryptProgress = (done: number) => void;

/** noble refuses more unless told; the vault bounds its parameters itself. */
const NO_MEMORY_LIMIT: number = 2 ** 32;

/** `length` bytes. */
export function scrypt(
  passphrase: Uint8Array,
  salt: Uint8Array,
  parameters: ScryptParameters,
  length: number,
  onProgress?: ScryptProgress,
): Promise<Uint8Array> {
  return inBackground(() =>
    scryptAsync(passphrase, salt, {
      N: 2 ** parameters.logN,
      r: parameters.r,
      p: parameters.p,
      dkLen: length,
      maxmem: NO_MEMORY_LIMIT,
      ...(onProgress === undefined ? {} : { onProgress }),
    }),
  );
}

/** What is used of the platform's `scheduler`; Node has none. */
interface Scheduler {
  postTask?<T>(work: () => Promise<T>, options: { readonly priority: 'background' }): Promise<T>;
}

/**
 * What yields by `scheduler.yield`, as noble does where it can, is resumed before any timer, message or answer that waits:
 * in Chromium a page would draw, and do nothing else, until the end. In a background task it is resumed after them.
 */
function inBackground<T>(work: () => Promise<T>): Promise<T> {
  const { scheduler } = globalThis as { readonly scheduler?: Scheduler };
  return scheduler?.postTask === undefined ? work() : scheduler.postTask(work, { priority: 'background' });
}
