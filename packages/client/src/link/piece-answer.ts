/**
 * What a relay's answer about a piece means.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import { isLoopbackOrigin } from '@secret-chat/crypto';
import {
  DELETE_HASH_HEADER,
  PIECE_SIZES,
  piecePath,
  RELAY_ERRORS,
  type RelayErrorCode,
  TTL_HEADER,
  toHex,
} from '@secret-chat/wire';
import { ClientError } from '../errors.ts';
import { isPrivateHost } from './piece-address.ts';
import type { PieceRequest, PieceUpload } from './piece-transport.ts';

/** An answer's status line and the headers that matter. */
export interface PieceAnswer {
  readonly status: number;
  /** Of {@link ERROR_HEADER}. */
  readonly code: string | null | undefined;
  readonly retryAfter: string | null | undefined;
}

/** More is no wait but a refusal. */
const MAX_RETRY_S = 3_600;

/**
 * Where a piece is on the web.
 *
 * @throws `ClientError` `RELAY_FORBIDDEN` for what must not be asked, as far as its name shows
 */
export function pieceUrl({ relay, id, isChosen }: PieceRequest): URL {
  const url = new URL(piecePath(id), relay.replace(/^ws/, 'http'));
  if (url.protocol === 'http:' && !isLoopbackOrigin(relay) && !isChosen) {
    throw new ClientError('RELAY_FORBIDDEN', 'pieces are fetched from another machine with TLS only (wss://)');
  }
  if (!isChosen && isPrivateHost(url.hostname)) {
    throw forbidden();
  }
  return url;
}

/** Of a `PUT`. */
export function uploadHeaders({ deleteHash, ttlHours, token }: PieceUpload): Record<string, string> {
  return {
    [DELETE_HASH_HEADER]: toHex(deleteHash),
    [TTL_HEADER]: String(ttlHours),
    'content-type': 'application/octet-stream',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** Of a piece that is there, from its `Content-Length`. */
export function announcedSize(contentLength: string | null | undefined): number {
  const size = Number(contentLength);
  if (!PIECE_SIZES.includes(size)) {
    throw misbehaved('the relay has something else than a piece there');
  }
  return size;
}

/** What a status that is not the expected one says. */
export function refusalOf({ status, code, retryAfter }: PieceAnswer): ClientError {
  if (status < 400 || status > 599) {
    return misbehaved(`the relay answered ${status} to a request for a piece`);
  }
  const known = code != null && Object.hasOwn(RELAY_ERRORS, code) ? (code as RelayErrorCode) : codeOf(status);
  if (known === undefined) {
    return misbehaved(`the relay answered ${status} to a request for a piece`);
  }
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? Math.min(Number(retryAfter), MAX_RETRY_S) : undefined;
  return new ClientError('RELAY_REFUSED', `the relay refused a piece: ${known}`, {
    relayCode: known,
    retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
  });
}

export function misbehaved(message: string): ClientError {
  return new ClientError('RELAY_MISBEHAVED', message);
}

export function forbidden(): ClientError {
  return new ClientError(
    'RELAY_FORBIDDEN',
    'the relay of this file is in a private network, and no relay of this chat',
  );
}

export function unreachable(cause: unknown): ClientError {
  return new ClientError('RELAY_UNREACHABLE', 'the relay of a file does not answer', { cause });
}

/** Proxies in front of a relay answer without its codes. */
function codeOf(status: number): RelayErrorCode | undefined {
  switch (status) {
    case 404:
      return 'GONE';
    case 429:
      return 'RATE_LIMITED';
    case 507:
      return 'RELAY_FULL';
    default:
      return status >= 500 ? 'UNAVAILABLE' : undefined;
  }
}
