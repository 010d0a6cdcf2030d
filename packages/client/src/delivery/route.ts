/**
 * Where a chat puts: a mailbox of the other side, and the link to its relay.
 *
 * Spec: docs/protocol/delivery.md §4.3.
 *
 * @module
 */

import { constantTimeEqual } from '@secret-chat/crypto';
import type { ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import { ClientError } from '../errors.ts';
import type { RelayLink } from '../link/relay-link.ts';
import { RoutePace } from './route-pace.ts';

export interface RouteTarget {
  readonly link: RelayLink;
  readonly address: Uint8Array;
}

/** What happens to the link; a change of the route ends the old one. */
export interface RouteEvents {
  /** Or it is time to follow the other side. */
  online(): void;
  /** What was put is in doubt. */
  offline(): void;
}

export class Route {
  readonly #session: ChatSession;
  readonly #events: RouteEvents;
  readonly #pace: RoutePace;
  #target: RouteTarget | undefined;
  #release: Cancel[] = [];
  #waiting: Cancel | undefined;

  constructor(session: ChatSession, events: RouteEvents) {
    this.#session = session;
    this.#events = events;
    this.#pace = new RoutePace(session.context.effects.clock.monotonicMs());
  }

  get isOnline(): boolean {
    return this.#target?.link.state.state === 'online';
  }

  /** @throws `ClientError` `CLOSED` where nothing is sent any more */
  get target(): RouteTarget {
    if (this.#target === undefined) {
      throw new ClientError('CLOSED', 'this chat does not send any more');
    }
    return this.#target;
  }

  /** True if puts still go to this address: they may have moved since one was begun (§11.4). */
  leadsTo(address: Uint8Array): boolean {
    return this.#target !== undefined && constantTimeEqual(this.#target.address, address);
  }

  /** True for the address that the other side named last; puts may go there a little later. */
  isNewest(address: Uint8Array): boolean {
    return constantTimeEqual(this.#session.record.routeAddress, address);
  }

  /** Follows the chat's route, which changes when it is accepted and when they move: at once, unless that is often. */
  follow(): void {
    const { record, context } = this.#session;
    const wanted = record.state === 'open' || record.state === 'waiting' || record.state === 'ended';
    const target = this.#target;
    if (wanted && target?.link.origin === record.routeRelay && this.isNewest(target.address)) {
      return;
    }
    if (wanted && target !== undefined && !this.#mayFollow()) {
      return;
    }
    this.leave();
    if (!wanted) {
      return;
    }
    const link = context.links.get(record.routeRelay);
    this.#target = { link, address: record.routeAddress };
    this.#release = [
      link.hold(),
      link.onState(({ state }) => (state === 'online' ? this.#events.online() : this.#events.offline())),
    ];
  }

  leave(): void {
    for (const release of this.#release) {
      release();
    }
    this.#release = [];
    this.#waiting?.();
    this.#waiting = undefined;
    this.#target = undefined;
    this.#events.offline();
  }

  #mayFollow(): boolean {
    if (this.#waiting !== undefined) {
      return false;
    }
    const { clock } = this.#session.context.effects;
    const wait = this.#pace.take(clock.monotonicMs());
    if (wait > 0) {
      this.#waiting = clock.after(wait, () => {
        this.#waiting = undefined;
        this.#events.online();
      });
    }
    return wait === 0;
  }
}
