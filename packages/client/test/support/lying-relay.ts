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

import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ed25519Verify, ready } from '@secret-chat/crypto';
import {
  decodeFrame,
  encodeFrame,
  ID_SIZE,
  MAX_FRAME_SIZE,
  type Operation,
  type RelayErrorCode,
  type Reply,
  type Request,
  type RequestOf,
  receivedProofInput,
  replySchemas,
  requestSchemas,
  SUBPROTOCOL,
  type WireError,
} from '@secret-chat/wire';
import { WebSocketServer } from 'ws';
import { MemoryRelay, type Outcome, type Receiver } from './memory-relay.ts';

type OkFields = Omit<Extract<Reply, { op: 'ok' }>, 'op' | 'id'>;

/** The way back to one client. */
export interface Wire {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** One request, and everything that can be done about it. */
export interface Turn<O extends Operation = Operation> {
  readonly request: RequestOf<O>;
  readonly connection: RelaySide;
  /** Does it and answers, as an honest relay. */
  honestly(): void;
  /** Does it and says nothing: for answers that come late, never, or otherwise. */
  perform(): Outcome;
  /** Answers `ok`, whatever was done. */
  ok(fields?: OkFields): void;
  refuse(code: RelayErrorCode, retryAfterMs?: number): void;
}

type Hook<O extends Operation> = (turn: Turn<O>) => void;

export interface LyingRelayOptions {
  /** What proofs may be for; the origin of {@link LyingRelay.listen} is added. */
  readonly origins?: readonly string[];
  /** Makes it private. */
  readonly token?: string;
}

const CLOSING: ReadonlySet<RelayErrorCode> = new Set(['MALFORMED', 'UNKNOWN_OPERATION', 'STALE_ID', 'WRONG_TOKEN']);

export class LyingRelay {
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

/** The relay's side of one connection. */
export class RelaySide implements Receiver {
  readonly nonce: Uint8Array = new Uint8Array(randomBytes(ID_SIZE));
  readonly #relay: LyingRelay;
  readonly #wire: Wire;
  #lastId = 0;
  #isAuthorized: boolean;
  #isOpen = true;

  constructor(relay: LyingRelay, wire: Wire) {
    this.#relay = relay;
    this.#wire = wire;
    this.#isAuthorized = relay.token === undefined;
    relay.accepted++;
    relay.connections.add(this);
    const hello = relay.hello(this);
    if (hello !== undefined) {
      this.reply(hello);
    }
  }

  reply(reply: Reply): void {
    this.send(encodeFrame(replySchemas, reply));
  }

  send(bytes: Uint8Array): void {
    if (this.#isOpen) {
      this.#wire.send(bytes);
    }
  }

  /** Ends the connection from the relay's side. */
  cut(): void {
    if (this.#isOpen) {
      this.gone();
      this.#wire.close();
    }
  }

  /** The client's side is gone. */
  gone(): void {
    this.#isOpen = false;
    this.#relay.connections.delete(this);
    this.#relay.memory.leave(this);
  }

  receive(bytes: Uint8Array): void {
    if (!this.#isOpen) {
      return;
    }
    let request: Request;
    try {
      request = decodeFrame(requestSchemas, bytes);
    } catch (error) {
      this.#refuse(0, (error as WireError).code === 'UNKNOWN_OPERATION' ? 'UNKNOWN_OPERATION' : 'MALFORMED');
      return;
    }
    this.#relay.requests.push(request);
    const isFirst = this.#lastId === 0;
    if (request.id <= this.#lastId) {
      this.#refuse(request.id, 'STALE_ID');
      return;
    }
    this.#lastId = request.id;
    const turn = this.#turn(request, bytes, isFirst);
    const hook = this.#relay.hookOf(request.op);
    if (hook === undefined) {
      turn.honestly();
    } else {
      hook(turn);
    }
  }

  #turn(request: Request, bytes: Uint8Array, isFirst: boolean): Turn {
    const { id } = request;
    const afterwards: (() => void)[] = [];
    const perform = (): Outcome => {
      const refused = this.#check(request, bytes, isFirst);
      return refused === undefined
        ? this.#relay.memory.perform(request, this, (run) => afterwards.push(run))
        : { refused };
    };
    const ok = (fields: OkFields = {}) => {
      this.reply({ op: 'ok', id, ...fields });
      for (const run of afterwards.splice(0)) {
        run();
      }
    };
    return {
      request: request as RequestOf<Operation>,
      connection: this,
      perform,
      ok,
      refuse: (code, retryAfterMs) => this.#refuse(id, code, retryAfterMs),
      honestly: () => {
        const outcome = perform();
        if ('refused' in outcome) {
          this.#refuse(id, outcome.refused);
        } else {
          ok(outcome);
        }
      },
    };
  }

  #check(request: Request, bytes: Uint8Array, isFirst: boolean): RelayErrorCode | undefined {
    if (request.op === 'auth') {
      if (!isFirst) {
        return 'MALFORMED';
      }
      this.#isAuthorized ||= request.token === this.#relay.token;
      return this.#isAuthorized ? undefined : 'WRONG_TOKEN';
    }
    if ((request.op === 'open' || request.op === 'putCard') && !this.#isAuthorized) {
      return 'TOKEN_REQUIRED';
    }
    if (!('proof' in request)) {
      return undefined;
    }
    const { proof, ownerKey } = request;
    const verifies = [...this.#relay.origins].some((origin) => {
      try {
        ed25519Verify(proof, receivedProofInput(origin, this.nonce, bytes), ownerKey);
        return true;
      } catch {
        return false;
      }
    });
    return verifies ? undefined : 'BAD_PROOF';
  }

  #refuse(id: number, code: RelayErrorCode, retryAfterMs?: number): void {
    this.reply({ op: 'error', id, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    if (CLOSING.has(code)) {
      this.cut();
    }
  }
}
