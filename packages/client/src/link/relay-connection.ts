/**
 * One connection to a relay, from the dialling to its end: requests out, answers and envelopes in.
 *
 * Spec: docs/protocol/relay.md §1, §3 and §9.
 *
 * @module
 */

import type { Ed25519KeyPair } from '@secret-chat/crypto';
import {
  decodeFrame,
  MAX_FRAME_SIZE,
  type RelayErrorCode,
  type Reply,
  replySchemas,
  SUBPROTOCOL,
} from '@secret-chat/wire';
import type { Cancel, Clock } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Ok, PendingRequests, type Settle } from './pending-requests.ts';
import { encodeRequest, type ProofScope, type RequestBody } from './request-body.ts';
import type { Socket, Transport } from './transport.ts';

/** From dialling until requests can be sent: name lookup, TCP, TLS, upgrade, `hello`, `auth`. */
export const CONNECT_MS = 20_000;

/** A relay that asks for a longer pause is asked again nevertheless. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** The codes after which a relay closes the connection (§9). */
const CLOSING: ReadonlySet<RelayErrorCode> = new Set(['MALFORMED', 'UNKNOWN_OPERATION', 'STALE_ID', 'WRONG_TOKEN']);

/** What comes unasked. */
export type Push = Extract<Reply, { readonly op: 'envelope' | 'drained' | 'displaced' }>;

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** What is dialled, and what proofs are for; in canonical form. */
  readonly origin: string;
  /** Shown to a relay that is private; to no other. */
  readonly token: string | undefined;
}

export interface ConnectionEvents {
  /** Requests can be sent from now on. */
  ready(): void;
  push(push: Push): void;
  /** Once and last, also if it never was ready; requests under way have failed, in the order in which they were sent. */
  ended(error: ClientError): void;
}

export class RelayConnection {
  /** Resolves when the socket has ended too; later than {@link ConnectionEvents.ended}. */
  readonly closed: Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #pending = new PendingRequests();
  readonly #heartbeat: Heartbeat;
  #resolveClosed: () => void = () => {};
  #socket: Socket | undefined;
  #scope: ProofScope | undefined;
  #hasEnded = false;
  #cancelConnect: Cancel | undefined;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    const pending = this.#pending;
    this.#heartbeat = new Heartbeat(options.clock, {
      get oldestSentAtMs() {
        return pending.oldestSentAtMs;
      },
      ping: () => void this.ask({ op: 'ping' }).catch(() => {}),
      dead: (reason) => this.end(reason),
    });
  }

  /** Dials; once. */
  open(): void {
    const { transport, origin, clock } = this.#options;
    this.#cancelConnect = clock.after(CONNECT_MS, () => this.end('the relay does not answer'));
    try {
      this.#socket = transport.connect(origin, SUBPROTOCOL, {
        open: () => {},
        message: (bytes) => this.#receive(bytes),
        close: (reason) => {
          this.end(reason);
          this.#resolveClosed();
        },
      });
    } catch {
      this.end('the socket cannot be opened');
      this.#resolveClosed();
    }
    if (this.#hasEnded) {
      this.#socket?.close();
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Sends a request; `settle` is called from inside the arrival of the answer, so that what comes after the answer finds its
   * effects. After the end, and with a body that cannot be sent, it fails at once.
   *
   * @param owner signs, where the operation needs it
   */
  request(body: RequestBody, settle: Settle, owner?: Ed25519KeyPair): void {
    const scope = this.#scope;
    if (this.#hasEnded || scope === undefined) {
      settle.failed(unreachable('the connection has ended'));
      return;
    }
    const id = this.#pending.nextId();
    if (id === undefined) {
      this.end('every request id of the connection was used');
      settle.failed(unreachable('the connection has ended'));
      return;
    }
    let frame: Uint8Array;
    try {
      frame = encodeRequest(body, id, scope, owner);
    } catch (error) {
      settle.failed(error as ClientError);
      return;
    }
    this.#pending.add(id, settle, this.#options.clock.monotonicMs());
    this.#socket?.send(frame);
  }

  /** As {@link RelayConnection.request}. */
  ask(body: RequestBody, owner?: Ed25519KeyPair): Promise<Ok> {
    return new Promise((resolve, reject) => this.request(body, { done: resolve, failed: reject }, owner));
  }

  /** Ends the connection, after what was sent; whatever is not answered fails with `RELAY_UNREACHABLE`. */
  end(reason: string): void {
    this.#end(() => unreachable(reason));
  }

  /** Ends the connection because of an answer that breaks the protocol; returns what to reject with. */
  misbehaved(what: string): ClientError {
    const make = () => new ClientError('RELAY_MISBEHAVED', `the relay ${what}`);
    this.#end(make);
    return make();
  }

  #end(error: () => ClientError): void {
    if (this.#hasEnded) {
      return;
    }
    this.#hasEnded = true;
    this.#cancelConnect?.();
    this.#heartbeat.stop();
    this.#socket?.close();
    this.#pending.failAll(error);
    this.#events.ended(error());
  }

  #receive(bytes: Uint8Array): void {
    if (this.#hasEnded) {
      return;
    }
    this.#heartbeat.heard();
    const reply = readReply(bytes);
    if (reply === undefined) {
      this.misbehaved('sent what is no frame');
    } else if ((reply.op === 'hello') !== (this.#scope === undefined)) {
      // §1.4: first, and only then.
      this.misbehaved(reply.op === 'hello' ? 'said hello twice' : 'did not say hello');
    } else {
      this.#take(reply);
    }
  }

  #take(reply: Reply): void {
    switch (reply.op) {
      case 'hello':
        this.#scope = { origin: this.#options.origin, nonce: reply.nonce };
        this.#greeted(reply.tokenRequired);
        break;
      case 'ok':
        this.#settle(reply.id, (settle) => settle.done(reply));
        break;
      case 'error':
        this.#refused(reply);
        break;
      default:
        this.#events.push(reply);
    }
  }

  /** §3.6: the token is shown in the first frame, and only to who asks for it. */
  #greeted(tokenRequired: boolean): void {
    const { token } = this.#options;
    if (!tokenRequired || token === undefined) {
      this.#becomeReady();
      return;
    }
    this.request(
      { op: 'auth', token },
      { done: () => this.#becomeReady(), failed: ({ message }) => this.end(message) },
    );
  }

  #becomeReady(): void {
    this.#cancelConnect?.();
    this.#heartbeat.start();
    this.#events.ready();
  }

  #refused({ id, code, retryAfterMs: asked }: Extract<Reply, { readonly op: 'error' }>): void {
    const retryAfterMs = asked === undefined ? undefined : Math.min(asked, MAX_RETRY_AFTER_MS);
    const refusal = new ClientError('RELAY_REFUSED', `the relay answered ${code}`, { relayCode: code, retryAfterMs });
    // 0 is the id of a frame that the relay could not read (§3.5). Who hears that an id did not grow sent it once: something
    // on the way repeated it, and what became of the first is not known.
    if (id !== 0 && code !== 'STALE_ID') {
      this.#settle(id, (settle) => settle.failed(refusal));
    }
    if (id === 0 || CLOSING.has(code)) {
      this.end(`the relay ended the connection: ${code}`);
    }
  }

  #settle(id: number, run: (settle: Settle) => void): void {
    const settle = this.#pending.take(id);
    if (settle !== undefined) {
      run(settle);
    } else if (!this.#pending.wasSent(id)) {
      this.misbehaved('answered what was not asked');
    }
    // A second answer says nothing new.
  }
}

/** The relay cannot be reached (any more); `reason` is for people. */
export function unreachable(reason: string): ClientError {
  return new ClientError('RELAY_UNREACHABLE', reason);
}

function readReply(bytes: Uint8Array): Reply | undefined {
  try {
    return bytes.length <= MAX_FRAME_SIZE ? decodeFrame(replySchemas, bytes) : undefined;
  } catch {
    return undefined;
  }
}
