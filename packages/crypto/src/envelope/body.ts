/**
 * An envelope's body: a fixed prefix, then one content, then padding.
 *
 * The prefix is read even when the content is not understood, so that such a message still takes its place in the
 * order, is acknowledged, and has its timer obeyed.
 *
 * Spec: docs/protocol/envelope.md §2.
 *
 * @module
 */

import { ByteReader, concat, pad, u32, u64, unpad } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { requireSize } from '../primitives/index.ts';
import { type TimerValue, timerFromWire, timerToWire } from '../timer/timer-value.ts';
import { BODY_SIZE, type SizeClass } from './size.ts';

/** Size of a digest of the contents received so far. */
export const DIGEST_SIZE = 16;
/** `seq u64 ‖ ack u64 ‖ digest 16 ‖ timer u32` */
export const BODY_PREFIX_SIZE: number = 8 + 8 + DIGEST_SIZE + 4;

/** What each body says before its content. */
export interface BodyPrefix {
  /** The sender's counter in this chat, from 1; 0 for what is not sequenced. */
  readonly seq: number;
  /** Highest n such that 1 to n from the other side are committed. */
  readonly ack: number;
  /** Running digest of the other side's contents 1 to `ack`, 16 bytes. */
  readonly digest: Uint8Array;
  /** The message's own self-destruct timer. */
  readonly timer: TimerValue;
}

/** A body taken apart; `content` is `undefined` when its padding is broken. */
export interface DecodedBody extends BodyPrefix {
  readonly content: Uint8Array | undefined;
}

/** How many bytes of content fit: 1489 (`request`), 1658 (`standard`), 13,946 (`large`). */
export function contentCapacity(sizeClass: SizeClass): number {
  return BODY_SIZE[sizeClass] - BODY_PREFIX_SIZE - 1;
}

/**
 * The smallest class that holds a content of `size` bytes.
 *
 * @throws {@link CryptoError} `TOO_LONG`
 */
export function sizeClassFor(size: number): 'standard' | 'large' {
  if (size <= contentCapacity('standard')) {
    return 'standard';
  }
  if (size <= contentCapacity('large')) {
    return 'large';
  }
  throw new CryptoError('TOO_LONG', `a message holds ${contentCapacity('large')} bytes; send ${size} bytes as a file`);
}

/**
 * A padded body for {@link encryptMessage}: 1526, 1695 or 13,983 bytes.
 *
 * @throws {@link CryptoError} `TOO_LONG`; `INVALID_ARGUMENT` for a number out of range
 */
export function encodeBody(sizeClass: SizeClass, prefix: BodyPrefix, content: Uint8Array): Uint8Array {
  requireSize(prefix.digest, DIGEST_SIZE, 'digest');
  const encoded = concat(u64(prefix.seq), u64(prefix.ack), prefix.digest, u32(timerToWire(prefix.timer)), content);
  return pad(encoded, BODY_SIZE[sizeClass]);
}

/**
 * @throws {@link CryptoError} `MALFORMED` for another size or a counter above 2^53-1, which no honest sender reaches
 */
export function decodeBody(body: Uint8Array): DecodedBody {
  if (!Object.values(BODY_SIZE).includes(body.length)) {
    throw new CryptoError('MALFORMED', 'no body has this size');
  }
  const reader = new ByteReader(body, 'body');
  return {
    seq: reader.u64(),
    ack: reader.u64(),
    digest: reader.copy(DIGEST_SIZE),
    timer: timerFromWire(reader.u32()),
    content: unpadOrNothing(reader.copy(reader.remaining)),
  };
}

function unpadOrNothing(padded: Uint8Array): Uint8Array | undefined {
  try {
    return unpad(padded);
  } catch {
    return undefined;
  }
}
