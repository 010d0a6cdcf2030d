/**
 * Where a relay is: `wss://host[:port]`, or `ws://` where the transport is not protected by TLS.
 *
 * Spec: docs/protocol/invite.md §1.2.
 *
 * @module
 */

import { type Codec, refine, text } from '../cbor/codec.ts';
import { CryptoError } from '../errors.ts';

/** Longest origin: a DNS name of 253 bytes would fit, with scheme and port. */
export const MAX_ORIGIN_SIZE = 270;

/**
 * The origin in its one canonical form (lower case, no default port, no trailing slash).
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` when it is no `ws:` or `wss:` origin, or carries a path, a query, a
 * fragment or credentials
 */
export function canonicalOrigin(origin: string): string {
  const canonical = tryCanonical(origin);
  if (canonical === undefined) {
    throw new CryptoError('INVALID_ARGUMENT', 'a relay is written ws://host:port or wss://host:port');
  }
  return canonical;
}

/** A relay in a structured message: an origin in canonical form. */
export const relayOrigin: Codec<string> = refine(text(MAX_ORIGIN_SIZE), (value) => tryCanonical(value) === value);

/** True if only this machine can reach the relay: an invite to it is of no use elsewhere. */
export function isLoopbackOrigin(origin: string): boolean {
  const { hostname } = new URL(origin);
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || isLoopbackIpv4(hostname)
  );
}

/** 127.0.0.0/8; the URL parser has already brought every notation of IPv4 into dotted decimals. */
function isLoopbackIpv4(hostname: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function tryCanonical(origin: string): string | undefined {
  const url = origin.length <= MAX_ORIGIN_SIZE ? parse(origin) : undefined;
  const isWebSocket = url?.protocol === 'ws:' || url?.protocol === 'wss:';
  if (url === undefined || !isWebSocket || url.host === '' || url.href !== `${url.protocol}//${url.host}/`) {
    return undefined;
  }
  return `${url.protocol}//${url.host}`;
}

function parse(origin: string): URL | undefined {
  try {
    return new URL(origin);
  } catch {
    return undefined;
  }
}
