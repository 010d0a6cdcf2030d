/**
 * All mailboxes that are watched over one link.
 *
 * Spec: docs/protocol/relay.md §4.4.
 *
 * @module
 */

import { toHex } from '@secret-chat/wire';
import type { Effects } from '../effects.ts';
import { ClientError } from '../errors.ts';
import type { Announcer } from './announcer.ts';
import { MailboxWatch, type WatchHost } from './mailbox-watch.ts';
import type { Push, RelayConnection } from './relay-connection.ts';
import type { MailboxEvents, OwnMailbox, Watch } from './relay-link.ts';

/** Mailboxes subscribed to at the same time: two proofs each, which are signed as answers come, not thousands at once. */
const MAX_SUBSCRIBING = 16;

export class Watches {
  readonly #host: WatchHost;
  readonly #byAddress = new Map<string, MailboxWatch>();
  #connection: RelayConnection | undefined;
  /** Whose turn comes next on this connection. */
  #queue: MailboxWatch[] = [];
  #subscribing = 0;

  constructor(effects: Effects, announcer: Announcer) {
    this.#host = {
      effects,
      announcer,
      enqueue: (watch) => this.#enqueue(watch),
      remove: (watch) => this.#byAddress.delete(toHex(watch.mailbox.address)),
    };
  }

  /** @throws `ClientError` `INVALID_ARGUMENT` for a mailbox that is watched already */
  add(mailbox: OwnMailbox, events: MailboxEvents): Watch {
    const name = toHex(mailbox.address);
    if (this.#byAddress.has(name)) {
      throw new ClientError('INVALID_ARGUMENT', 'this mailbox is watched already');
    }
    const watch = new MailboxWatch(mailbox, events, this.#host);
    this.#byAddress.set(name, watch);
    this.#enqueue(watch);
    return watch;
  }

  /** Subscribes to all of them, but those that someone else subscribed to. */
  connected(connection: RelayConnection): void {
    this.#connection = connection;
    this.#queue = [...this.#byAddress.values()];
    this.#subscribing = 0;
    this.#subscribe();
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#queue = [];
    for (const watch of this.#byAddress.values()) {
      watch.disconnected();
    }
  }

  /** What concerns a mailbox that is not watched any more is nobody's: the relay knows no end of a subscription. */
  receive(push: Push): void {
    this.#byAddress.get(toHex(push.address))?.receive(push);
  }

  /** Ends all of them. */
  stop(): void {
    for (const watch of [...this.#byAddress.values()]) {
      watch.stop();
    }
  }

  #enqueue(watch: MailboxWatch): void {
    if (this.#connection !== undefined) {
      this.#queue.push(watch);
      this.#subscribe();
    }
  }

  #subscribe(): void {
    const connection = this.#connection;
    while (connection !== undefined && this.#subscribing < MAX_SUBSCRIBING) {
      const watch = this.#queue.shift();
      if (watch === undefined) {
        return;
      }
      if (watch.isWaiting) {
        this.#subscribing++;
        watch.subscribe(connection, () => this.#subscribed(connection));
      }
    }
  }

  #subscribed(connection: RelayConnection): void {
    if (!connection.hasEnded) {
      this.#subscribing--;
      this.#subscribe();
    }
  }
}
