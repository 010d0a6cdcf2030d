/**
 * Where a relay is: `wss://host[:port]`, or `ws://` where the transport is not protected by TLS.
 *
 * Spec: docs/protocol/invite.md §1.2.
 *
 * @module
 */

import { type Codec, refine, text } from '@secret-chat/cbor';
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

/**
 * Hosts as the URL parser leaves them (lower case, punycode, IPv4 in dotted decimals), without what would need quoting in
 * a shell and without a trailing dot, which would be a second name for the same host.
 */
const HOST = /^([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])$/;

/** 127.0.0.0/8, ::1, the former inside IPv6, and the unspecified addresses, which systems take for this machine. */
const LOOPBACK_ADDRESS = /^(127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/;

/** A relay in a structured message: an origin in canonical form. */
export const relayOrigin: Codec<string> = refine(text(MAX_ORIGIN_SIZE), (value) => tryCanonical(value) === value);

/**
 * True if only this machine can reach the relay: an invite to it is of no use elsewhere.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` when it is no origin
 */
export function isLoopbackOrigin(origin: string): boolean {
  const { hostname } = new URL(canonicalOrigin(origin));
  // Not names under .localhost: resolvers may ask the network for them.
  return hostname === 'localhost' || LOOPBACK_ADDRESS.test(hostname);
}

function tryCanonical(origin: string): string | undefined {
  const url = origin.length <= MAX_ORIGIN_SIZE ? parse(origin) : undefined;
  const isWebSocket = url?.protocol === 'ws:' || url?.protocol === 'wss:';
  if (url === undefined || !isWebSocket || url.href !== `${url.protocol}//${url.host}/` || !HOST.test(url.hostname)) {
    return undefined;
  }
  const canonical = `${url.protocol}//${url.host}`;
  return canonical.length <= MAX_ORIGIN_SIZE ? canonical : undefined;
}

function parse(origin: string): URL | undefined {
  try {
    return new URL(origin);
  } catch {
    return undefined;
  }
}
