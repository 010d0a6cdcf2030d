/** Sockets without a network: straight to relays of this process, in order, frame by frame, at no time at all. */

import type { Socket, SocketEvents, Transport } from '../../src/link/transport.ts';
import type { Wire } from './relay-side.ts';

/** Which way a frame goes. */
export type Direction = 'up' | 'down';

/** A relay of this process. */
export interface NearRelay {
  /** Told what it is dialled by. */
  readonly origins: { add(origin: string): unknown };
  accept(wire: Wire): NearSide;
}

/** The relay's side of one connection. */
interface NearSide {
  receive(bytes: Uint8Array): void;
  gone(): void;
}

export class LinkedTransport implements Transport {
  /** Sockets that have not ended, oldest first. */
  readonly sockets: Set<LinkedSocket> = new Set();
  /** How often somebody dialled. */
  dialled = 0;
  /** False: nobody answers the phone, and each connection fails at once. */
  isReachable = true;
  /** False: nothing moves unless {@link LinkedSocket.step} moves it. */
  isFlowing = true;
  readonly #relays: ReadonlyMap<string, NearRelay>;

  constructor(relays: Readonly<Record<string, NearRelay>>) {
    this.#relays = new Map(Object.entries(relays));
    for (const [origin, relay] of this.#relays) {
      relay.origins.add(origin);
    }
  }

  connect(origin: string, _subprotocol: string, events: SocketEvents): Socket {
    this.dialled++;
    const relay = this.isReachable ? this.#relays.get(origin) : undefined;
    return new LinkedSocket(this, relay, events);
  }

  /** The newest socket. */
  get last(): LinkedSocket {
    const last = [...this.sockets].at(-1);
    if (last === undefined) {
      throw new Error('there is no socket');
    }
    return last;
  }
}

export class LinkedSocket implements Socket {
  /** Half-open: nothing arrives any more, and neither side is told. */
  isStalled = false;
  readonly #transport: LinkedTransport;
  readonly #events: SocketEvents;
  #side: NearSide | undefined;
  readonly #up: Uint8Array[] = [];
  readonly #down: (() => void)[] = [];
  #isClosed = false;

  constructor(transport: LinkedTransport, relay: NearRelay | undefined, events: SocketEvents) {
    this.#transport = transport;
    this.#events = events;
    transport.sockets.add(this);
    if (relay === undefined) {
      this.#toClient(() => this.#end('nobody answers'));
      return;
    }
    this.#toClient(() => {
      events.open();
      this.#side = relay.accept({
        send: (bytes) => this.#toClient(() => events.message(bytes)),
        close: () => this.#toClient(() => this.#end('the relay closed')),
      });
    });
  }

  get backlog(): number {
    return this.#up.reduce((sum, { length }) => sum + length, 0);
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClosed) {
      this.#up.push(bytes);
      this.#flow('up');
    }
  }

  close(): void {
    if (!this.#isClosed) {
      // What was sent before arrives before the end does.
      while (!this.isStalled && this.step('up')) {}
      this.#side?.gone();
      queueMicrotask(() => this.#end('closed by this side'));
    }
  }

  /** The network loses it, with everything that was on its way. */
  cut(): void {
    this.#up.length = 0;
    this.#down.length = 0;
    this.#side?.gone();
    this.#end('the network is gone');
  }

  /** Frames on their way. */
  waiting(direction: Direction): number {
    return direction === 'up' ? this.#up.length : this.#down.length;
  }

  /** Moves one frame; false if there was none. */
  step(direction: Direction): boolean {
    if (this.#isClosed) {
      return false;
    }
    if (direction === 'down') {
      const arrive = this.#down.shift();
      arrive?.();
      return arrive !== undefined;
    }
    const bytes = this.#up.shift();
    if (bytes !== undefined) {
      this.#side?.receive(bytes);
    }
    return bytes !== undefined;
  }

  #toClient(arrive: () => void): void {
    if (!this.#isClosed) {
      this.#down.push(arrive);
      this.#flow('down');
    }
  }

  #flow(direction: Direction): void {
    queueMicrotask(() => {
      if (this.#transport.isFlowing && !this.isStalled) {
        this.step(direction);
      }
    });
  }

  #end(reason: string): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#transport.sockets.delete(this);
      this.#events.close(reason);
    }
  }
}
