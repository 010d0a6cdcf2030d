/** The side of a relay in memory of one connection: reads requests, checks proofs, answers; a test may do any of it instead. */

import { randomBytes } from 'node:crypto';
import { ed25519Verify } from '@secret-chat/crypto';
import {
  decodeFrame,
  encodeFrame,
  ID_SIZE,
  type Operation,
  type RelayErrorCode,
  type Reply,
  type Request,
  type RequestOf,
  receivedProofInput,
  replySchemas,
  requestSchemas,
  type WireError,
} from '@secret-chat/wire';
import type { MemoryRelay, Outcome, Receiver } from './memory-relay.ts';

const CLOSING: ReadonlySet<RelayErrorCode> = new Set(['MALFORMED', 'UNKNOWN_OPERATION', 'STALE_ID', 'WRONG_TOKEN']);

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

export type Hook<O extends Operation> = (turn: Turn<O>) => void;

/** What all connections of a relay share. */
export interface RelayCore {
  readonly memory: MemoryRelay;
  readonly origins: ReadonlySet<string>;
  readonly token: string | undefined;
  readonly connections: Set<RelaySide>;
  readonly requests: Request[];
  accepted: number;
  hello(connection: RelaySide): Reply | undefined;
  hookOf<O extends Operation>(operation: O): Hook<O> | undefined;
}

/** The relay's side of one connection. */
export class RelaySide implements Receiver {
  readonly nonce: Uint8Array = new Uint8Array(randomBytes(ID_SIZE));
  readonly #relay: RelayCore;
  readonly #wire: Wire;
  #lastId = 0;
  #isAuthorized: boolean;
  #isOpen = true;

  constructor(relay: RelayCore, wire: Wire) {
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
