/**
 * What a mailbox needs on each connection: it is opened, which renews it, and subscribed to.
 *
 * Spec: docs/protocol/relay.md §4.2 and §4.4.
 *
 * @module
 */

import type { ClientError } from '../errors.ts';
import type { RelayConnection } from './relay-connection.ts';
import type { OwnMailbox } from './relay-link.ts';

export interface Subscribing {
  /** The relay begins to send what it holds. */
  subscribed(): void;
  /** Both are answered, or the connection has ended; `refusal` tells why it is not subscribed to. */
  answered(refusal: ClientError | undefined): void;
}

/** Sends both requests at once: those on one mailbox take effect in order (§3.2). */
export function openAndSubscribe(connection: RelayConnection, mailbox: OwnMailbox, subscribing: Subscribing): void {
  const { owner, random, idleWeeks } = mailbox;
  const ownership = { ownerKey: owner.publicKey, random };
  let unanswered = 2;
  let isSubscribed = false;
  let openRefusal: ClientError | undefined;
  let subscribeRefusal: ClientError | undefined;
  const answered = () => {
    unanswered--;
    if (unanswered === 0) {
      // A mailbox that exists can be read though the relay will not renew it (it became private); and why it could not be
      // opened says more than the GONE that follows.
      subscribing.answered(isSubscribed ? undefined : (openRefusal ?? subscribeRefusal));
    }
  };
  const opening = {
    done: answered,
    failed(error: ClientError) {
      openRefusal = error;
      answered();
    },
  };
  const subscription = {
    done() {
      isSubscribed = true;
      subscribing.subscribed();
      answered();
    },
    failed(error: ClientError) {
      subscribeRefusal = error;
      answered();
    },
  };
  connection.request({ op: 'open', ...ownership, idleWeeks }, opening, owner);
  connection.request({ op: 'subscribe', ...ownership }, subscription, owner);
}
