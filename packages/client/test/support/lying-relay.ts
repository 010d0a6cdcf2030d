/**
 * A relay that does as an honest one does until a test makes it lie.
 *
 * @example
 * ```ts
 * const relay = await LyingRelay.start();
 * relay.on('put', (turn) => turn.ok()); // says so, and stores nothing
 * relay.on('getCard', (turn) => turn.ok({ card: older })); // serves another card
 * relay.onDeliver((address, envelope, receiver) => { … }); // drops, repeats, swaps or changes what it hands out
 * ```
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ready } from '@secret-chat/crypto';
import { MAX_FRAME_SIZE, type Operation, type Reply, type Request, SUBPROTOCOL } from '@secret-chat/wire';
import { WebSocketServer } from 'ws';
import { MemoryRelay } from './memory-relay.ts';
import { type Hook, type RelayCore, RelaySide, type Wire } from './relay-side.ts';

export interface LyingRelayOptions {
  /** What proofs may be for; the origin of {@link LyingRelay.listen} is added. */
  readonly origins?: readonly string[];
  /** Makes it private. */
  readonly token?: string;
}

export class LyingRelay implements RelayCore {
  readonly memory: MemoryRelay = new MemoryRelay();
  readonly origins: Set<string>;
  readonly token: string | undefined;
  readonly connections: Set<RelaySide> = new Set();
  /** Every request that came, in order. */
  readonly requests: Request[] = [];
  /** How many connections there ever were. */
  accepted = 0;
  /** What is said first; `undefined` says nothing. */
  hello: (connection: RelaySide) => Reply | undefined = ({ nonce }) => {
    return { op: 'hello', nonce, tokenRequired: this.token !== undefined, software: 'lying-relay' };
  };
  readonly #hooks = new Map<Operation, Hook<Operation>>();
  #server: http.Server | undefined;

  private constructor({ origins = [], token }: LyingRelayOptions) {
    this.origins = new Set(origins);
    this.token = token;
  }

  static async start(options: LyingRelayOptions = {}): Promise<LyingRelay> {
    await ready;
    return new LyingRelay(options);
  }

  /** Does `hook` instead of what is asked for, until {@link LyingRelay.honest}. */
  on<O extends Operation>(operation: O, hook: Hook<O>): void {
    this.#hooks.set(operation, hook as unknown as Hook<Operation>);
  }

  /** Hands out what `deliver` makes of it. */
  onDeliver(deliver: MemoryRelay['deliver']): void {
    this.memory.deliver = deliver;
  }

  /** Ends all lies. */
  honest(): void {
    this.#hooks.clear();
    this.memory.deliver = new MemoryRelay().deliver;
  }

  /** How many requests of this operation came. */
  count(operation: Operation): number {
    return this.requests.filter(({ op }) => op === operation).length;
  }

  /** Says something to everyone out of nothing: `{ op: 'displaced', address }`, an envelope nobody put. */
  say(reply: Reply): void {
    for (const connection of this.connections) {
      connection.reply(reply);
    }
  }

  /** Sends bytes that need be no frame to everyone. */
  sendBytes(bytes: Uint8Array): void {
    for (const connection of this.connections) {
      connection.send(bytes);
    }
  }

  cutAll(): void {
    for (const connection of [...this.connections]) {
      connection.cut();
    }
  }

  hookOf<O extends Operation>(operation: O): Hook<O> | undefined {
    return this.#hooks.get(operation) as unknown as Hook<O> | undefined;
  }

  /** A client has connected. */
  accept(wire: Wire): RelaySide {
    return new RelaySide(this, wire);
  }

  /** Listens on loopback; resolves with the origin to dial. */
  async listen(): Promise<string> {
    const server = http.createServer((_request, response) => void response.writeHead(404).end());
    this.#server = server;
    const webSockets = new WebSocketServer({
      server,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_SIZE,
      handleProtocols: () => SUBPROTOCOL,
    });
    webSockets.on('connection', (webSocket) => {
      const side = this.accept({
        send: (bytes) => webSocket.send(bytes, () => {}),
        close: () => webSocket.close(1008),
      });
      webSocket.on('message', (data: Buffer) => side.receive(new Uint8Array(data)));
      webSocket.on('error', () => {});
      webSocket.on('close', () => side.gone());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.origins.add(origin);
    return origin;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.cutAll();
    if (server !== undefined) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
