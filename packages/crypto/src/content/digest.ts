/**
 * The running digest, by which each side notices that a store is an old copy.
 *
 * Spec: docs/protocol/content.md §5.
 *
 * @module
 */

import { concat, u32, u64 } from '../bytes.ts';
import { DIGEST_SIZE } from '../envelope/body.ts';
import { LABEL } from '../labels.ts';
import { requireSize, sha256 } from '../primitives/index.ts';
import { type TimerValue, timerToWire } from '../timer/timer-value.ts';
import type { DecodedContent } from './content-codec.ts';

/** The digest before any content: 16 zero bytes. */
export function emptyDigest(): Uint8Array {
  return new Uint8Array(DIGEST_SIZE);
}

/**
 * First 16 bytes of SHA-256(label ‖ timer u32 ‖ content).
 *
 * A `gone` stands under the hash of what it replaces, so that the digest is the same whichever of both arrived.
 */
export function hashContent(content: Uint8Array, timer: TimerValue): Uint8Array {
  return sha256(concat(LABEL.contentHash, u32(timerToWire(timer)), content)).subarray(0, DIGEST_SIZE);
}

/**
 * What a received content adds to the digest: its own hash, or for a `gone` the hash that it carries.
 *
 * @param content as it came; `undefined` when the padding around it was broken, which counts as no bytes
 */
export function digestEntry(content: Uint8Array | undefined, timer: TimerValue, decoded: DecodedContent): Uint8Array {
  return decoded.kind === 'known' && decoded.content.type === 'gone'
    ? decoded.content.hash
    : hashContent(content ?? new Uint8Array(0), timer);
}

/** `digest_n` = first 16 bytes of SHA-256(label ‖ digest_(n-1) 16 ‖ n u64 ‖ content hash 16). */
export function extendDigest(digest: Uint8Array, seq: number, contentHash: Uint8Array): Uint8Array {
  requireSize(digest, DIGEST_SIZE, 'digest');
  requireSize(contentHash, DIGEST_SIZE, 'content hash');
  return sha256(concat(LABEL.contentDigest, digest, u64(seq), contentHash)).subarray(0, DIGEST_SIZE);
}
