/**
 * SQLite on every Node that is supported, and what keeps deleted bytes from staying in its files.
 *
 * @module
 */

export * from './driver.ts';
export * from './page-scrubber.ts';
