/** What an honest relay does, in memory and at once: docs/protocol/relay.md §4 to §6, without limits and expiry. */

import { sha256 } from '@secret-chat/crypto';
import {
  addressInput,
  type ExportedItem,
  MAX_EXPORT_ITEMS,
  MAX_PREKEYS_PER_CARD,
  type Operation,
  type RelayErrorCode,
  type Reply,
  type Request,
  toHex,
} from '@secret-chat/wire';

/** What goes to a connection. */
export interface Receiver {
  reply(reply: Reply): void;
}

export interface HeldMailbox {
  readonly address: Uint8Array;
  /** What was put and not acknowledged, in order, by its hash. */
  readonly held: Map<string, Uint8Array>;
  /** Everything that was ever put, in order. */
  readonly everPut: Uint8Array[];
  subscription: Subscription | undefined;
}

export interface HeldCard {
  owner: string;
  card: Uint8Array;
  /** Cards that were replaced, oldest first. */
  readonly before: Uint8Array[];
  prekeys: Uint8Array[];
}

interface Subscription {
  readonly receiver: Receiver;
  /** Hashes of what was sent and not acknowledged. */
  readonly sent: Set<string>;
  isDrained: boolean;
}

type Refusal = { readonly refused: RelayErrorCode };
type Done = Omit<Extract<Reply, { op: 'ok' }>, 'op' | 'id'>;
export type Outcome = Refusal | Done;

const DONE: Outcome = {};
const NOT_SUBSCRIBED: Outcome = { refused: 'NOT_SUBSCRIBED' };
const GONE: Outcome = { refused: 'GONE' };

/** Unacknowledged envelopes of one subscription (§4.4). */
const WINDOW = 64;
const EXPIRES_AT = 2_000_000_000;

export class MemoryRelay {
  readonly mailboxes: Map<string, HeldMailbox> = new Map();
  /** By invite id. */
  readonly cards: Map<string, HeldCard> = new Map();
  /** Hands an envelope over; a liar puts something else in its place. */
  deliver: (address: Uint8Array, envelope: Uint8Array, receiver: Receiver) => void = (address, envelope, receiver) =>
    receiver.reply({ op: 'envelope', address, envelope });

  /** `after` is what happens once the answer was sent. */
  perform(request: Request, receiver: Receiver, after: (run: () => void) => void): Outcome {
    const handlers = this.#handlers as { readonly [O in Operation]: (request: Request) => Outcome };
    this.#receiver = receiver;
    this.#after = after;
    return handlers[request.op](request);
  }

  /** As its owner does, without a connection. */
  open(address: Uint8Array): HeldMailbox {
    const name = toHex(address);
    const found = this.mailboxes.get(name) ?? { address, held: new Map(), everPut: [], subscription: undefined };
    this.mailboxes.set(name, found);
    return found;
  }

  mailbox(address: Uint8Array): HeldMailbox | undefined {
    return this.mailboxes.get(toHex(address));
  }

  leave(receiver: Receiver): void {
    for (const mailbox of this.mailboxes.values()) {
      if (mailbox.subscription?.receiver === receiver) {
        mailbox.subscription = undefined;
      }
    }
  }

  #receiver: Receiver = { reply: () => {} };
  #after: (run: () => void) => void = () => {};

  readonly #handlers: { readonly [O in Operation]: (request: Extract<Request, { op: O }>) => Outcome } = {
    auth: () => DONE,
    ping: () => DONE,
    open: ({ ownerKey, random }) => {
      this.open(sha256(addressInput(ownerKey, random)));
      return DONE;
    },
    put: ({ address, envelope }) => {
      const mailbox = this.mailbox(address);
      if (mailbox === undefined) {
        return GONE;
      }
      const name = toHex(sha256(envelope));
      if (!mailbox.held.has(name)) {
        mailbox.held.set(name, envelope);
        mailbox.everPut.push(envelope);
        this.#after(() => this.#send(mailbox));
      }
      return DONE;
    },
    subscribe: ({ ownerKey, random }) => {
      const mailbox = this.mailbox(sha256(addressInput(ownerKey, random)));
      if (mailbox === undefined) {
        return GONE;
      }
      const before = mailbox.subscription;
      if (before !== undefined && before.receiver !== this.#receiver) {
        before.receiver.reply({ op: 'displaced', address: mailbox.address });
      }
      mailbox.subscription = { receiver: this.#receiver, sent: new Set(), isDrained: false };
      this.#after(() => this.#send(mailbox));
      return DONE;
    },
    ack: ({ address, hashes }) => {
      const mailbox = this.mailbox(address);
      if (mailbox?.subscription?.receiver !== this.#receiver) {
        return NOT_SUBSCRIBED;
      }
      for (const name of hashes.map(toHex)) {
        mailbox.held.delete(name);
        mailbox.subscription.sent.delete(name);
      }
      this.#after(() => this.#send(mailbox));
      return DONE;
    },
    close: ({ ownerKey, random }) => {
      const name = toHex(sha256(addressInput(ownerKey, random)));
      return this.mailboxes.delete(name) ? DONE : GONE;
    },
    putCard: ({ ownerKey, inviteId, card, prekeys }) => {
      const name = toHex(inviteId);
      const owner = toHex(ownerKey);
      const found = this.cards.get(name) ?? { owner, card, before: [], prekeys: [] };
      if (found.owner !== owner) {
        return { refused: 'BAD_PROOF' };
      }
      if (found.prekeys.length + prekeys.length > MAX_PREKEYS_PER_CARD) {
        return { refused: 'OUT_OF_RANGE' };
      }
      if (this.cards.has(name)) {
        found.before.push(found.card);
      }
      found.card = card;
      found.prekeys.push(...prekeys);
      this.cards.set(name, found);
      return { prekeys: found.prekeys.length };
    },
    getCard: ({ locator }) => {
      const found = this.cards.get(toHex(sha256(locator)));
      return found === undefined ? GONE : { card: found.card };
    },
    takePrekey: ({ locator }) => {
      const found = this.cards.get(toHex(sha256(locator)));
      if (found === undefined) {
        return GONE;
      }
      const prekey = found.prekeys.shift();
      return prekey === undefined ? {} : { prekey };
    },
    addPrekeys: ({ ownerKey, inviteId, prekeys }) =>
      this.#owned(inviteId, ownerKey, (card) => {
        if (card.prekeys.length + prekeys.length > MAX_PREKEYS_PER_CARD) {
          return { refused: 'OUT_OF_RANGE' };
        }
        card.prekeys.push(...prekeys);
        return { prekeys: card.prekeys.length };
      }),
    removeCard: ({ ownerKey, inviteId }) =>
      this.#owned(inviteId, ownerKey, () => {
        this.cards.delete(toHex(inviteId));
        return DONE;
      }),
    exportMailbox: ({ ownerKey, random, after }) => {
      const mailbox = this.mailbox(sha256(addressInput(ownerKey, random)));
      return mailbox === undefined
        ? GONE
        : page('mailbox', new Uint8Array(0), 'envelope', [...mailbox.held.values()], after);
    },
    exportCard: ({ ownerKey, inviteId, after }) =>
      this.#owned(inviteId, ownerKey, (card) => page('card', card.card, 'prekey', card.prekeys, after)),
  };

  #owned(inviteId: Uint8Array, ownerKey: Uint8Array, run: (card: HeldCard) => Outcome): Outcome {
    const card = this.cards.get(toHex(inviteId));
    if (card === undefined) {
      return GONE;
    }
    return card.owner === toHex(ownerKey) ? run(card) : { refused: 'BAD_PROOF' };
  }

  #send(mailbox: HeldMailbox): void {
    const { subscription, address } = mailbox;
    if (subscription === undefined) {
      return;
    }
    for (const [name, envelope] of mailbox.held) {
      if (subscription.sent.has(name)) {
        continue;
      }
      if (subscription.sent.size >= WINDOW) {
        return;
      }
      subscription.sent.add(name);
      this.deliver(address, envelope, subscription.receiver);
    }
    if (!subscription.isDrained) {
      subscription.isDrained = true;
      subscription.receiver.reply({ op: 'drained', address });
    }
  }
}

/** §6.1: first what they lie in, then what lies in it. */
function page(
  headKind: ExportedItem['kind'],
  head: Uint8Array,
  kind: ExportedItem['kind'],
  held: readonly Uint8Array[],
  after: number | undefined,
): Done {
  const all = [{ kind: headKind, bytes: head }, ...held.map((bytes) => ({ kind, bytes }))];
  const end = (after ?? 0) + MAX_EXPORT_ITEMS;
  const items = all.slice(after ?? 0, end).map((item) => ({ ...item, expiresAt: EXPIRES_AT }));
  return end < all.length ? { items, next: end } : { items };
}
