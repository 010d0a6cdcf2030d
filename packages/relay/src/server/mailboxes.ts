/**
 * Who is subscribed to which mailbox; at most one connection each.
 *
 * Spec: docs/protocol/relay.md §4.4.
 *
 * @module
 */

import type { EnvelopeItem } from '../store/relay-store.ts';
import { keyOf } from './hash.ts';
import type { Subscription } from './subscription.ts';

/** What a connection knows of its subscriptions. */
export interface Subscriber {
  /** Names of mailboxes subscribed to. */
  readonly subscribed: Set<string>;
  /** Names of mailboxes that another connection took over. */
  readonly displaced: Set<string>;
  /** Tells the client. */
  sayDisplaced(address: Uint8Array): void;
}

interface Held {
  readonly subscriber: Subscriber;
  readonly subscription: Subscription;
  readonly address: Uint8Array;
}

export class Mailboxes {
  readonly #held = new Map<string, Held>();

  /** Displaces whoever was subscribed; a second subscription on the same connection starts anew. */
  subscribe(mailbox: Uint8Array, held: Held): void {
    const name = keyOf(mailbox);
    const before = this.#held.get(name);
    before?.subscription.end();
    if (before !== undefined && before.subscriber !== held.subscriber) {
      before.subscriber.subscribed.delete(name);
      before.subscriber.displaced.add(name);
      before.subscriber.sayDisplaced(before.address);
    }
    held.subscriber.displaced.delete(name);
    held.subscriber.subscribed.add(name);
    this.#held.set(name, held);
  }

  /** The subscription of this very connection. */
  of(mailbox: Uint8Array, subscriber: Subscriber): Subscription | undefined {
    const held = this.#held.get(keyOf(mailbox));
    return held?.subscriber === subscriber ? held.subscription : undefined;
  }

  /** An envelope became durable. */
  stored(item: EnvelopeItem): void {
    this.#held.get(keyOf(item.mailbox))?.subscription.stored(item);
  }

  /** The mailbox is no more. */
  closed(mailbox: Uint8Array): void {
    this.#end(keyOf(mailbox));
  }

  /** The connection is no more. */
  leave(subscriber: Subscriber): void {
    for (const name of [...subscriber.subscribed]) {
      this.#end(name);
    }
  }

  get size(): number {
    return this.#held.size;
  }

  #end(name: string): void {
    const held = this.#held.get(name);
    held?.subscription.end();
    held?.subscriber.subscribed.delete(name);
    this.#held.delete(name);
  }
}
