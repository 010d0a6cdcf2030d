/**
 * The origins that a relay is reached by: what a proof of a client may be for.
 *
 * Spec: docs/protocol/relay.md §1.1 and §3.3.
 *
 * @module
 */

import { RelayStartError } from './errors.ts';
import { isLoopbackHost } from './server/network.ts';

export interface Reached {
  readonly host: string;
  readonly port: number;
  readonly hasTls: boolean;
}

/** As in an invite: lower case, no default port, no trailing slash. @throws {@link RelayStartError} `INVALID_OPTION` */
function canonicalOrigin(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const isOrigin = url !== undefined && /^wss?:$/.test(url.protocol) && url.href === `${url.protocol}//${url.host}/`;
  if (!isOrigin || url.host === '') {
    throw new RelayStartError(
      'INVALID_OPTION',
      `an origin is written wss://host[:port] or ws://host[:port], not ${origin}`,
    );
  }
  return `${url.protocol}//${url.host}`;
}

/** The origin that the listening address itself makes. */
export function ownOrigin({ host, port, hasTls }: Reached): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return canonicalOrigin(`${hasTls ? 'wss' : 'ws'}://${bare.includes(':') ? `[${bare}]` : bare}:${port}`);
}

/** Those that were given; on loopback every name of loopback, where none was. */
export function originsOf(given: readonly string[], reached: Reached): string[] {
  if (given.length > 0) {
    return [...new Set(given.map(canonicalOrigin))];
  }
  const hosts = isLoopbackHost(reached.host) ? ['127.0.0.1', 'localhost', '[::1]', reached.host] : [reached.host];
  return [...new Set(hosts.map((host) => ownOrigin({ ...reached, host })))];
}

/** Nobody dials `0.0.0.0`: where the relay listens everywhere, its origin must be told. */
export function requireOrigin(given: readonly string[], host: string): void {
  if (given.length === 0 && ['0.0.0.0', '::', '[::]', ''].includes(host)) {
    throw new RelayStartError('INVALID_OPTION', `listening on ${host}, say by which origin the relay is reached`);
  }
}
