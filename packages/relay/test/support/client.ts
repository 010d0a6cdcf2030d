/** A bare client, written from docs/protocol/relay.md alone: `ws`, Ed25519 of Node, and the frames of the wire package. */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  addressInput,
  decodeFrame,
  encodeFrame,
  proofInput,
  type Reply,
  type Request,
  replySchemas,
  requestSchemas,
  SUBPROTOCOL,
  type UnsignedRequest,
} from '@secret-chat/wire';
import WebSocket, { type ClientOptions } from 'ws';

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
export const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
export const envelope = (size = 4096): Uint8Array => random(size);

/** An owner key pair with the two parts of one address. */
export interface Owner {
  readonly ownerKey: Uint8Array;
  readonly privateKey: KeyObject;
  readonly random: Uint8Array;
  readonly address: Uint8Array;
}

export function newOwner(): Owner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const ownerKey = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  const part = random(32);
  return { ownerKey, privateKey, random: part, address: sha256(addressInput(ownerKey, part)) };
}

type WithoutId<R> = R extends unknown ? Omit<R, 'id'> : never;
export type Unsigned = WithoutId<UnsignedRequest>;
export type Plain = WithoutId<Exclude<Request, { proof: Uint8Array }>>;
type Answer = Extract<Reply, { op: 'ok' | 'error' }>;

/** What ended a connection. */
export interface Closed {
  readonly code: number;
}

export class Client {
  readonly socket: WebSocket;
  readonly origin: string;
  /** Every reply in the order in which it came. */
  readonly replies: Reply[] = [];
  readonly closed: Promise<Closed>;
  #nextId = 1;
  #isClosed = false;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #watchers: (() => void)[] = [];

  constructor(url: string, options: ClientOptions & { origin?: string; proofOrigin?: string } = {}) {
    this.origin = options.proofOrigin ?? url;
    this.socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, ...options });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code) => {
        this.#isClosed = true;
        resolve({ code });
        this.#notify();
      });
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      const reply = decodeFrame(replySchemas, new Uint8Array(data));
      this.replies.push(reply);
      if (reply.op === 'ok' || reply.op === 'error') {
        this.#waiting.get(reply.id)?.(reply);
        this.#waiting.delete(reply.id);
      }
      this.#notify();
    });
  }

  static async connect(url: string, options: ConstructorParameters<typeof Client>[1] = {}): Promise<Client> {
    const client = new Client(url, options);
    await client.until(() => client.replies.length > 0);
    return client;
  }

  get hello(): Extract<Reply, { op: 'hello' }> {
    const [hello] = this.replies;
    if (hello?.op !== 'hello') {
      throw new Error('no hello');
    }
    return hello;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** Waits until `condition` holds, checked after every reply. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isClosed) {
        throw new Error('the connection is closed');
      }
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /** Frames of one kind that came so far. */
  of<O extends Reply['op']>(op: O): Extract<Reply, { op: O }>[] {
    return this.replies.filter((reply): reply is Extract<Reply, { op: O }> => reply.op === op);
  }

  async next<O extends Reply['op']>(op: O, count = 1): Promise<Extract<Reply, { op: O }>[]> {
    await this.until(() => this.of(op).length >= count);
    return this.of(op);
  }

  frame(request: Plain): Uint8Array {
    return encodeFrame(requestSchemas, { ...request, id: this.nextId() } as Request);
  }

  signedFrame(
    request: Unsigned,
    owner: Owner,
    { origin = this.origin, nonce = this.hello.nonce, id = this.nextId() } = {},
  ): Uint8Array {
    const unsigned = { ...request, id } as UnsignedRequest;
    const proof = new Uint8Array(sign(null, proofInput(origin, nonce, unsigned), owner.privateKey));
    return encodeFrame(requestSchemas, { ...unsigned, proof } as Request);
  }

  send(frame: Uint8Array): void {
    this.socket.send(frame);
  }

  /** The answer to the request that was given the last id. */
  answer(id = this.#nextId - 1): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      void this.closed.then(() => reject(new Error('the connection is closed')));
    });
  }

  ask(request: Plain): Promise<Answer> {
    const frame = this.frame(request);
    const answer = this.answer();
    this.send(frame);
    return answer;
  }

  askSigned(request: Unsigned, owner: Owner): Promise<Answer> {
    const frame = this.signedFrame(request, owner);
    const answer = this.answer();
    this.send(frame);
    return answer;
  }

  open(owner: Owner, idleWeeks = 26): Promise<Answer> {
    return this.askSigned({ op: 'open', ownerKey: owner.ownerKey, random: owner.random, idleWeeks }, owner);
  }

  subscribe(owner: Owner): Promise<Answer> {
    return this.askSigned({ op: 'subscribe', ownerKey: owner.ownerKey, random: owner.random }, owner);
  }

  closeMailbox(owner: Owner): Promise<Answer> {
    return this.askSigned({ op: 'close', ownerKey: owner.ownerKey, random: owner.random }, owner);
  }

  put(address: Uint8Array, bytes: Uint8Array, ttlHours = 168): Promise<Answer> {
    return this.ask({ op: 'put', address, envelope: bytes, ttlHours });
  }

  ack(address: Uint8Array, envelopes: readonly Uint8Array[]): Promise<Answer> {
    return this.ask({ op: 'ack', address, hashes: envelopes.map(sha256) });
  }

  end(): void {
    this.socket.terminate();
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) {
      watcher();
    }
  }
}
