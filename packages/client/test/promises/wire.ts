/** Real sockets of one device, with a copy of every request, and interfered with when a test says so. */

import { decodeFrame, type Operation, type Request, type RequestOf, requestSchemas } from '@secret-chat/wire';
import type { Socket, SocketEvents, Transport } from '../../src/index.ts';
import { nodeTransport } from '../../src/node/index.ts';

export class Wire implements Transport {
  /** What went to relays, in order. */
  readonly requests: Request[] = [];
  /** Every frame as it went out. */
  readonly frames: Uint8Array[] = [];
  /** Operations that never arrive. */
  readonly lost = new Set<Operation>();
  readonly #inner = nodeTransport();
  readonly #open = new Set<Socket>();
  #isCut = false;
  #late: (() => void)[] | undefined;

  connect(origin: string, subprotocol: string, events: SocketEvents): Socket {
    if (this.#isCut) {
      queueMicrotask(() => events.close('the network is gone'));
      return { send: () => {}, close: () => {}, backlog: 0 };
    }
    let hasEnded = false;
    const inner = this.#inner.connect(origin, subprotocol, {
      open: () => events.open(),
      message: (bytes) => this.#arrive(() => hasEnded || events.message(bytes)),
      close: (reason) => {
        hasEnded = true;
        this.#open.delete(socket);
        events.close(reason);
      },
    });
    const socket: Socket = {
      send: (bytes) => this.#send(inner, bytes),
      close: () => inner.close(),
      get backlog() {
        return inner.backlog;
      },
    };
    this.#open.add(socket);
    return socket;
  }

  of<O extends Operation>(operation: O): RequestOf<O>[] {
    return this.requests.filter((request): request is RequestOf<O> => request.op === operation);
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#open) {
      socket.close();
    }
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Nothing that relays say arrives from now on. */
  hold(): void {
    this.#late ??= [];
  }

  release(): void {
    const late = this.#late ?? [];
    this.#late = undefined;
    for (const arrive of late) {
      arrive();
    }
  }

  #send(socket: Socket, bytes: Uint8Array): void {
    const request = decodeFrame(requestSchemas, bytes);
    this.requests.push(request);
    this.frames.push(new Uint8Array(bytes));
    if (!this.lost.has(request.op)) {
      socket.send(bytes);
    }
  }

  #arrive(run: () => void): void {
    if (this.#late === undefined) {
      run();
    } else {
      this.#late.push(run);
    }
  }
}
