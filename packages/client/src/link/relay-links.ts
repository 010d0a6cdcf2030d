/**
 * The links of a device, one for each relay.
 *
 * Spec: docs/protocol/relay.md §1.1.
 *
 * @module
 */

import { canonicalOrigin } from '@secret-chat/crypto';
import type { Effects } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { requireSafe } from './may-reach.ts';
import { ReconnectingLink } from './reconnecting-link.ts';
import type { RelayLink, RelayLinks } from './relay-link.ts';
import { RelayOperations } from './relay-operations.ts';
import { requireBody } from './request-body.ts';
import type { Transport } from './transport.ts';

export interface RelayLinksOptions {
  readonly transport: Transport;
  readonly effects: Effects;
  /** Token of a private relay (§3.6), shown to the relay of this origin alone. */
  readonly token?: { readonly origin: string; readonly token: string } | undefined;
  /** Lets relays without TLS be dialled that are not on this machine. */
  readonly allowsInsecure?: boolean;
}

/**
 * Nothing is dialled before somebody holds a link.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` for a token that is not 1 to 256 bytes, or whose origin is not canonical
 */
export function createRelayLinks(options: RelayLinksOptions): RelayLinks {
  return new Links(options);
}

interface Entry {
  readonly link: ReconnectingLink;
  readonly operations: RelayLink;
}

class Links implements RelayLinks {
  readonly #options: RelayLinksOptions;
  readonly #entries = new Map<string, Entry>();
  #closed: Promise<void> | undefined;

  constructor(options: RelayLinksOptions) {
    this.#options = options;
    if (options.token !== undefined) {
      requireCanonical(options.token.origin);
      requireBody({ op: 'auth', token: options.token.token });
    }
  }

  /** @throws `ClientError` `INVALID_ARGUMENT` for an origin that is not canonical, or must not be dialled without TLS */
  get(origin: string): RelayLink {
    const entry = this.#entries.get(origin) ?? this.#add(origin);
    return entry.operations;
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#entries.values()].map(({ link }) => link.close())).then(() => {});
    return this.#closed;
  }

  #add(origin: string): Entry {
    const { transport, effects, token, allowsInsecure = false } = this.#options;
    requireCanonical(origin);
    requireSafe(origin, allowsInsecure);
    const shown = token?.origin === origin ? token.token : undefined;
    const link = new ReconnectingLink({ transport, effects, origin, token: shown });
    const entry = { link, operations: new RelayOperations(link) };
    this.#entries.set(origin, entry);
    if (this.#closed !== undefined) {
      void link.close();
    }
    return entry;
  }
}

/** @throws `ClientError` `INVALID_ARGUMENT` */
function requireCanonical(origin: string): void {
  let canonical: string | undefined;
  try {
    canonical = canonicalOrigin(origin);
  } catch {
    // No origin at all.
  }
  if (canonical !== origin) {
    throw new ClientError(
      'INVALID_ARGUMENT',
      'a relay is written wss://host[:port], in lower case and without a slash',
    );
  }
}
