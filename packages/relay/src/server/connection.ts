/**
 * One connection: frames in, answers out.
 *
 * Knows nothing of WebSocket: it gets whole binary messages and a {@link Link} to answer on.
 *
 * Spec: docs/protocol/relay.md §1 and §3.
 *
 * @module
 */

import {
  decodeFrame,
  encodeFrame,
  ID_SIZE,
  MAX_FRAME_SIZE,
  type RelayErrorCode,
  type Reply,
  type Request,
  replySchemas,
  requestSchemas,
  WireError,
} from '@secret-chat/wire';
import { BURST_MS, BURST_SECONDS, Intake, PROOF_FRAMES, type Tap } from './intake.ts';
import { Lanes } from './lanes.ts';
import { perform, type StoredRequest } from './operations.ts';
import { DONE, type Outcome, refuse } from './outcome.ts';
import { Outgoing, type Sink } from './outgoing.ts';
import type { Peer } from './peer.ts';
import { TokenBucket } from './rate-limit.ts';
import type { Services } from './services.ts';

/** WebSocket close codes (RFC 6455 §7.4.1) that this relay uses; §1.3 and §9. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_UNSUPPORTED = 1003;
const CLOSE_POLICY = 1008;
export const CLOSE_TOO_LARGE = 1009;

/** Named in `hello`, for people. */
const SOFTWARE = 'secret-chat-relay/0.1';

/** Displaced mailboxes remembered for the sake of a clearer error; forgotten ones are `NOT_SUBSCRIBED`. */
const MAX_DISPLACED = 1_000;

/** The codes after which a connection is closed (§9). */
const CLOSING: ReadonlySet<RelayErrorCode> = new Set(['MALFORMED', 'UNKNOWN_OPERATION', 'STALE_ID', 'WRONG_TOKEN']);

/** The transport under a connection. */
export interface Link extends Tap, Sink {
  /** Ends the connection after what was sent. */
  close(code: number): void;
  /** Ends the connection at once. */
  cut(): void;
}

export class Connection implements Peer {
  readonly network: string;
  readonly nonce: Uint8Array;
  readonly outgoing: Outgoing;
  readonly #services: Services;
  readonly #link: Link;
  readonly #intake: Intake;
  // Made when they are needed: most connections wait and do nothing.
  #lanes: Lanes | undefined;
  #puts: TokenBucket | undefined;
  #subscribed: Set<string> | undefined;
  #displaced: Set<string> | undefined;
  #lastId = 0;
  #isAuthorized: boolean;
  #isOpen = true;
  #isStopping = false;
  #idle: (() => void) | undefined;

  constructor(services: Services, link: Link, network: string) {
    const { effects, limits, token, totals } = services;
    this.#services = services;
    this.#link = link;
    this.network = network;
    this.nonce = Uint8Array.from(effects.random(ID_SIZE));
    this.#intake = new Intake(link, effects, limits);
    this.outgoing = new Outgoing(link, services, this);
    this.#isAuthorized = token === undefined;
    totals.connections++;
    totals.connectionsOpened++;
    // §1.4
    this.#reply({ op: 'hello', nonce: this.nonce, tokenRequired: token !== undefined, software: SOFTWARE });
  }

  get puts(): TokenBucket {
    const { limits, effects } = this.#services;
    this.#puts ??= new TokenBucket(BURST_SECONDS * limits.putsPerSecond, BURST_MS, effects.monotonic());
    return this.#puts;
  }

  get subscribed(): Set<string> {
    this.#subscribed ??= new Set();
    return this.#subscribed;
  }

  get displaced(): Set<string> {
    this.#displaced ??= new Set();
    return this.#displaced;
  }

  get isAuthorized(): boolean {
    return this.#isAuthorized;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True while this side holds back what the client sends: a late pong is not the client's fault. */
  get isPaused(): boolean {
    return this.#intake.isPaused;
  }

  /** Takes one binary message. Bytes are the caller's again when the answer was sent. */
  receive(bytes: Uint8Array): void {
    if (!this.#isOpen) {
      return;
    }
    this.#intake.frame();
    const request = this.#read(bytes);
    if (request === undefined) {
      return;
    }
    if ('proof' in request) {
      this.#intake.frame(PROOF_FRAMES - 1);
    }
    this.#services.totals.request(request.op);
    const isFirst = this.#lastId === 0;
    if (request.id <= this.#lastId) {
      this.#refuse(request.id, 'STALE_ID');
      return;
    }
    this.#lastId = request.id;
    if (this.#isStopping) {
      this.#refuse(request.id, 'UNAVAILABLE');
    } else if (request.op === 'auth') {
      this.#answer(request.id, isFirst ? this.#authorize(request.token) : refuse('MALFORMED'));
    } else if (this.#services.requests.enter(bytes.length)) {
      this.#begin(request, bytes);
    } else {
      this.#refuse(request.id, 'UNAVAILABLE');
    }
  }

  /** A ping or pong came: it costs as much as a small frame, so it counts as one (§1.5). */
  receiveControl(): void {
    if (this.#isOpen) {
      this.#intake.frame();
    }
  }

  /** Something other than a binary message within the size came in (§1.3). */
  refuseMessage(closeCode: number): void {
    if (this.#isOpen) {
      this.#services.totals.refusal('MALFORMED');
      this.#endWith(closeCode);
    }
  }

  /** A client that does not take its answers is cut: nothing is lost, since envelopes stay until acknowledged. */
  cutSlow(): void {
    this.#services.totals.connectionsCut++;
    this.ended();
    this.#link.cut();
  }

  sayDisplaced(address: Uint8Array): void {
    if (this.displaced.size > MAX_DISPLACED) {
      this.displaced.delete(this.displaced.values().next().value as string);
    }
    this.#reply({ op: 'displaced', address });
  }

  /** Refuses what comes from now on; resolves when what is under way was answered. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      if (this.#intake.isIdle || !this.#isOpen) {
        resolve();
      } else {
        this.#idle = resolve;
      }
    });
  }

  /** The transport is gone. */
  ended(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#leave();
    }
  }

  #read(bytes: Uint8Array): Request | undefined {
    try {
      if (bytes.length > MAX_FRAME_SIZE) {
        throw new WireError('MALFORMED', 'this frame is too large');
      }
      return decodeFrame(requestSchemas, bytes);
    } catch (error) {
      this.#refuse(0, error instanceof WireError && error.code === 'UNKNOWN_OPERATION' ? error.code : 'MALFORMED');
      return undefined;
    }
  }

  /** §3.6 */
  #authorize(shown: string): Outcome {
    const { token, rates, effects } = this.#services;
    if (token === undefined) {
      return DONE;
    }
    const wait = rates.wrongTokens.peek(this.network, effects.monotonic());
    if (wait > 0) {
      return { refused: 'RATE_LIMITED', retryAfterMs: wait };
    }
    if (!token.equals(shown)) {
      rates.wrongTokens.take(this.network, effects.monotonic());
      return refuse('WRONG_TOKEN');
    }
    this.#isAuthorized = true;
    return DONE;
  }

  #answer(id: number, outcome: Outcome): void {
    if ('refused' in outcome) {
      this.#refuse(id, outcome.refused, outcome.retryAfterMs);
    } else {
      this.#reply({ op: 'ok', id, ...outcome.ok });
      outcome.next?.();
    }
  }

  #refuse(id: number, code: RelayErrorCode, retryAfterMs?: number): void {
    this.#services.totals.refusal(code);
    this.#reply({ op: 'error', id, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    if (CLOSING.has(code)) {
      this.#endWith(CLOSE_POLICY);
    }
  }

  #reply(reply: Reply): void {
    if (this.#isOpen) {
      this.outgoing.send(encodeFrame(replySchemas, reply));
    }
  }

  #endWith(closeCode: number): void {
    if (this.#isOpen) {
      this.#services.totals.connectionsRefused++;
      const { isBehind } = this.outgoing;
      this.ended();
      // Who does not read would hold what waits for it, uncounted, until the closing handshake is given up.
      if (isBehind) {
        this.#link.cut();
      } else {
        this.#link.close(closeCode);
      }
    }
  }

  #leave(): void {
    this.#services.totals.connections--;
    this.#services.mailboxes.leave(this);
    this.outgoing.end();
    this.#displaced = undefined;
    this.#idle?.();
  }

  #begin(request: StoredRequest, bytes: Uint8Array): void {
    const { length } = bytes;
    this.#lanes ??= new Lanes();
    this.#intake.begin();
    perform(this.#services, this, this.#lanes, request, bytes).then(
      (outcome) => this.#finish(request.id, length, outcome),
      () => {
        // A StoreError; and whatever else it is, the request was not done.
        this.#services.totals.failures++;
        this.#finish(request.id, length, refuse('UNAVAILABLE'));
      },
    );
  }

  #finish(id: number, bytes: number, outcome: Outcome): void {
    this.#intake.finish();
    this.#services.requests.leave(bytes);
    if (this.#isOpen) {
      this.#answer(id, outcome);
    }
    if (this.#intake.isIdle) {
      this.#idle?.();
    }
  }
}
