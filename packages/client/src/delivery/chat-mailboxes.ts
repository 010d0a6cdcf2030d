/**
 * All mailboxes of a chat on this side: the one the other side is to use, and while it moves another one.
 *
 * Spec: docs/protocol/delivery.md §8 and §11.
 *
 * @module
 */

import type { ChatRecord } from '../chat/chat-record.ts';
import type { ChatSession } from '../chat/chat-session.ts';
import type { OwnMailbox } from '../link/relay-link.ts';
import { WatchedMailbox, type WatchedMailboxEvents } from './watched-mailbox.ts';

export type MailboxRole =
  /** The other side is to put here. */
  | 'current'
  /** They may still put here: not all of them is known to have moved. */
  | 'old'
  /** It is being opened; nobody was told. */
  | 'next';

/** A mailbox of one's own with the relay it is on, as it is stored. */
export interface StoredMailbox {
  readonly role: MailboxRole;
  readonly relay: string;
  /** `owner seed 32 ‖ random 32` */
  readonly bytes: Uint8Array;
}

/** Every mailbox that a relay may hold for a chat. */
export function mailboxesOf(record: ChatRecord): StoredMailbox[] {
  const { mailbox, mailboxRelay, oldMailbox, oldRelay, nextMailbox, nextRelay } = record;
  const given = (role: MailboxRole, bytes: Uint8Array | undefined, relay: string | undefined) =>
    bytes === undefined || relay === undefined ? [] : [{ role, bytes, relay }];
  return [
    ...given('current', mailbox, mailboxRelay),
    ...given('old', oldMailbox, oldRelay),
    ...given('next', nextMailbox, nextRelay),
  ];
}

/** The other side has committed the `address`: what they sent before is on the old mailbox, and nothing else will be. */
export function knowsAddress({ addressSeq, covered }: ChatRecord): boolean {
  return addressSeq !== undefined && covered >= addressSeq;
}

export class ChatMailboxes {
  readonly #session: ChatSession;
  readonly #events: WatchedMailboxEvents;
  readonly #watched = new Map<MailboxRole, WatchedMailbox>();

  constructor(session: ChatSession, events: WatchedMailboxEvents) {
    this.#session = session;
    this.#events = events;
  }

  get(role: MailboxRole): WatchedMailbox | undefined {
    return this.#watched.get(role);
  }

  get current(): WatchedMailbox | undefined {
    return this.#watched.get('current');
  }

  watch(role: MailboxRole, relay: string, mailbox: OwnMailbox): void {
    this.unwatch(role);
    this.#watched.set(role, new WatchedMailbox(this.#session.context.links.get(relay), mailbox, this.#events));
  }

  /** The next one is the current one, and that is the old one. */
  promote(): void {
    for (const [from, to] of [
      ['current', 'old'],
      ['next', 'current'],
    ] as const) {
      const moved = this.#watched.get(from);
      this.#watched.delete(from);
      if (moved !== undefined) {
        this.#watched.set(to, moved);
      }
    }
  }

  unwatch(role: MailboxRole): void {
    this.#watched.get(role)?.stop();
    this.#watched.delete(role);
  }

  renew(idleWeeks: number): void {
    for (const mailbox of this.#watched.values()) {
      mailbox.renew(idleWeeks);
    }
  }

  stop(): void {
    for (const mailbox of this.#watched.values()) {
      mailbox.stop();
    }
  }

  /** §8: everything that they may have put was read to its end since the store was opened. */
  get wereRead(): boolean {
    const used = this.#used;
    return used.length > 0 && used.every(({ wasRead }) => wasRead);
  }

  /** Something of theirs may lie on a relay that has not come yet. */
  get haveBacklog(): boolean {
    return this.#used.some(({ hasBacklog }) => hasBacklog);
  }

  /** Monotonic time since which nothing of theirs can have lain on a relay unread. */
  get emptyAskedAtMs(): number | undefined {
    const times = this.#of('current', 'old').map(({ emptyAskedAtMs }) => emptyAskedAtMs);
    return times.length === 0 || times.includes(undefined) ? undefined : Math.min(...(times as number[]));
  }

  /** Where there may be something that they do not put elsewhere again. */
  get #used(): readonly WatchedMailbox[] {
    return knowsAddress(this.#session.record) ? this.#of('current') : this.#of('current', 'old');
  }

  #of(...roles: readonly MailboxRole[]): readonly WatchedMailbox[] {
    return roles.flatMap((role) => this.#watched.get(role) ?? []);
  }
}
