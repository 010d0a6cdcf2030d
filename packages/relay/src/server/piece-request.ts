/**
 * What a request for a piece says: its path and headers, checked.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import {
  DEFAULT_TTL_HOURS,
  DELETE_HASH_HEADER,
  fromHex,
  PIECE_SIZES,
  type RelayErrorCode,
  TTL_HEADER,
} from '@secret-chat/wire';
import { ttlExpiry } from './expiry.ts';

/** An answer that is a refusal: HTTP status and error code (§7.3). */
export interface PieceRefusal {
  readonly status: number;
  readonly code: RelayErrorCode;
  readonly retryAfterMs?: number;
}

export function refusal(status: number, code: RelayErrorCode): PieceRefusal {
  return { status, code };
}

export interface Upload {
  readonly size: number;
  readonly deleteHash: Uint8Array;
  readonly expiresAt: number;
}

/** A part of a piece, `first` and `last` included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** The headers of a `PUT` (§7.1). */
export function parseUpload({ headers }: IncomingMessage, now: number): Upload | PieceRefusal {
  const length = headers['content-length'];
  if (length === undefined || headers['transfer-encoding'] !== undefined) {
    return refusal(411, 'MALFORMED');
  }
  const size = Number(length);
  if (!PIECE_SIZES.includes(size)) {
    return refusal(413, 'MALFORMED');
  }
  const deleteHash = fromHex(single(headers[DELETE_HASH_HEADER]) ?? '');
  if (deleteHash === undefined) {
    return refusal(400, 'MALFORMED');
  }
  const hours = single(headers[TTL_HEADER]) ?? String(DEFAULT_TTL_HOURS);
  if (!/^\d{1,9}$/.test(hours)) {
    return refusal(400, 'MALFORMED');
  }
  const expiresAt = ttlExpiry(now, Number(hours));
  return expiresAt === undefined ? refusal(422, 'OUT_OF_RANGE') : { size, deleteHash, expiresAt };
}

/**
 * `Range` of a piece of `size` bytes: `undefined` asks for all of it, as does a header that is none of the three forms
 * of §7.1 (RFC 9110 §14.2 lets a server ignore it); a range beyond the end is refused.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | PieceRefusal | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) {
    return undefined;
  }
  if (from === '') {
    const length = Number(to);
    return length === 0 ? refusal(416, 'OUT_OF_RANGE') : { first: Math.max(0, size - length), last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) {
    return undefined;
  }
  return first >= size ? refusal(416, 'OUT_OF_RANGE') : { first, last };
}

/** The token of `Authorization: Bearer`. */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,256})$/i.exec(headers.authorization ?? '')?.[1];
}

/** A header that was sent once. */
export function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
