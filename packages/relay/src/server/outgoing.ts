/**
 * What goes out on one connection. While the connection is behind, what waits for it is counted: envelopes then stay in
 * the store, and a client that does not read holds a bounded part of the relay's memory.
 *
 * Spec: docs/protocol/relay.md §1.5 and §4.4.
 *
 * @module
 */

import type { Services } from './services.ts';
import type { Receiver } from './subscription.ts';

/** A connection that has taken all but this is not behind; more than is held back within a turn (`sockets.ts`). */
const BEHIND_BYTES = 131_072;

/** Told at a time that there is room: each may fill it, and who finds none waits again. */
const WOKEN_TOGETHER = 8;

/** The transport, as far as it sends. */
export interface Sink {
  /** Bytes handed to {@link send} that the network has not taken yet. */
  readonly backlog: number;
  /** @param taken called when the network has taken the frame, or never will */
  send(frame: Uint8Array, taken?: () => void): void;
}

type Shared = Pick<Services, 'limits' | 'slow' | 'totals'>;

/** Whose connection it is. */
interface Owner {
  /** Ends the connection at once: it has taken too little for too long. */
  cutSlow(): void;
}

/** One for each of thousands of idle connections: as few fields as do. */
export class Outgoing implements Receiver {
  readonly #sink: Sink;
  readonly #services: Shared;
  readonly #owner: Owner;
  /** Frames of which the network has yet to say that it took them. */
  #untaken = 0;
  /** In the order in which they came. */
  #waiting: Set<() => void> | undefined;
  #ended = false;

  constructor(sink: Sink, services: Shared, owner: Owner) {
    this.#sink = sink;
    this.#services = services;
    this.#owner = owner;
  }

  /** Something waits that the network does not take at once. */
  get isBehind(): boolean {
    return this.#untaken > 0;
  }

  /** Bytes of envelopes that the connection may be sent now. */
  get room(): number {
    const { pushBacklogBytes } = this.#services.limits;
    return !this.isBehind ? pushBacklogBytes : Math.max(0, pushBacklogBytes - this.#sink.backlog);
  }

  /** Runs `go` when there is room again; never, if the connection ends before. To be called while there is none. */
  whenRoom(go: () => void): void {
    this.#waiting ??= new Set();
    this.#waiting.add(go);
  }

  /** `go` is wanted no more; otherwise what began anew again and again would wait here for ever. */
  forget(go: () => void): void {
    this.#waiting?.delete(go);
  }

  push(frame: Uint8Array): void {
    if (!this.#ended) {
      this.#services.totals.framesPushed++;
      this.send(frame);
    }
  }

  send(frame: Uint8Array): void {
    const { limits, slow } = this.#services;
    const isMuch = this.#sink.backlog + frame.length >= Math.min(BEHIND_BYTES, limits.pushBacklogBytes / 2);
    if (isMuch) {
      this.#untaken++;
      slow.add(this, frame.length);
      this.#sink.send(frame, () => this.#taken(frame.length));
    } else {
      this.#sink.send(frame);
    }
    if (this.#sink.backlog > limits.backlogBytes) {
      this.cut();
    } else if (isMuch) {
      slow.bound();
    }
  }

  cut(): void {
    if (!this.#ended) {
      this.#owner.cutSlow();
    }
  }

  /** The connection is no more: nothing is pushed on it, and nobody woken. */
  end(): void {
    this.#ended = true;
    this.#waiting = undefined;
    this.#services.slow.delete(this);
  }

  #taken(bytes: number): void {
    this.#untaken--;
    if (!this.#ended) {
      this.#services.slow.taken(this, bytes);
      this.#wake();
    }
  }

  /** As long as something is untaken, somebody will come back here. */
  #wake(): void {
    if (this.#waiting !== undefined && this.room > 0) {
      const woken = [...this.#waiting].slice(0, this.isBehind ? WOKEN_TOGETHER : undefined);
      for (const go of woken) {
        this.#waiting?.delete(go);
        go();
      }
    }
  }
}
