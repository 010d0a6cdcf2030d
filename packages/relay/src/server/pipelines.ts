/**
 * How many requests of HTTP wait for their answers on each connection. Answers go out in order, so that requests wait for
 * each other; Node reads on meanwhile, and a client that never waits would fill the memory with what it asks.
 *
 * Spec: docs/protocol/relay.md §7.5.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** More than any client has: most wait for each answer. */
const MAX_UNANSWERED = 64;

export class Pipelines {
  readonly #unanswered = new WeakMap<Socket, number>();

  /** Counts a request until it is answered; false once its connection has too many, and was cut. */
  enter(socket: Socket, response: ServerResponse): boolean {
    const count = (this.#unanswered.get(socket) ?? 0) + 1;
    // What was read together with one too many comes here after it.
    if (count > MAX_UNANSWERED || socket.destroyed) {
      socket.destroy();
      return false;
    }
    this.#unanswered.set(socket, count);
    response.once('close', () => this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1));
    return true;
  }
}
