/** The load generator's connection: frames are made once and patched, so that it costs less than what it measures. */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  addressInput,
  decodeFrame,
  encodeFrame,
  proofInput,
  type Request,
  replySchemas,
  requestSchemas,
  SUBPROTOCOL,
  type UnsignedRequest,
} from '@secret-chat/wire';
import WebSocket from 'ws';

/** From here on an id takes four bytes in CBOR, so that it can be patched. */
const FIRST_PATCHED_ID = 0x0001_0000;
const PATCHED_OK_SIZE = encodeFrame(replySchemas, { op: 'ok', id: FIRST_PATCHED_ID }).length;

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export interface Mailbox {
  readonly ownerKey: Uint8Array;
  readonly random: Uint8Array;
  readonly privateKey: KeyObject;
  readonly address: Uint8Array;
}

export function newMailbox(): Mailbox {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const ownerKey = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const random = randomBytes(32);
  return { ownerKey, random, privateKey, address: sha256(addressInput(ownerKey, random)) };
}

/** A frame whose id, and some bytes after a marker, are written anew each time. */
class Template {
  readonly #frame: Buffer;
  readonly #id: number;
  readonly #body: number;

  constructor(request: Request, body: Uint8Array) {
    this.#frame = Buffer.from(encodeFrame(requestSchemas, request));
    this.#id = this.#frame.indexOf(Buffer.from('626964', 'hex')) + 4;
    this.#body = this.#frame.indexOf(body);
  }

  fill(id: number, bytes: Uint8Array): Buffer {
    this.#frame.writeUInt32BE(id, this.#id);
    this.#frame.set(bytes, this.#body);
    return this.#frame;
  }
}

export class Load {
  readonly #socket: WebSocket;
  readonly #url: string;
  #nonce: Uint8Array = new Uint8Array(32);
  #id = 0;
  #patchedId = FIRST_PATCHED_ID;
  #counter = 0;
  #put: Template | undefined;
  #ack: Template | undefined;
  readonly #tag: Buffer = randomBytes(24);
  readonly #waiting = new Map<number, () => void>();
  /** Called for every `ok` of a put or ack. */
  onOk: (() => void) | undefined;
  /** Called for every envelope, with its bytes. */
  onEnvelope: ((envelope: Uint8Array) => void) | undefined;

  private constructor(url: string, socket: WebSocket) {
    this.#url = url;
    this.#socket = socket;
  }

  static connect(url: string): Promise<Load> {
    const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false });
    const load = new Load(url, socket);
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (data: Buffer) => {
        if (load.#receive(data)) {
          resolve(load);
        }
      });
    });
  }

  async own(mailbox: Mailbox, ...operations: readonly ('open' | 'subscribe')[]): Promise<void> {
    for (const op of operations) {
      const { ownerKey, random } = mailbox;
      const request = { op, id: ++this.#id, ownerKey, random, ...(op === 'open' ? { idleWeeks: 26 } : {}) };
      const input = proofInput(this.#url, this.#nonce, request as UnsignedRequest);
      const proof = sign(null, input, mailbox.privateKey);
      const done = new Promise<void>((resolve) => this.#waiting.set(request.id, resolve));
      this.#socket.send(encodeFrame(requestSchemas, { ...request, proof } as Request));
      await done;
    }
  }

  /** An envelope that never was; its first bytes tell when it left. */
  put(address: Uint8Array, size = 4096): void {
    const head = Buffer.alloc(32);
    head.writeDoubleBE(performance.now(), 0);
    this.#tag.copy(head, 8, 0, 16);
    head.writeUInt32BE(this.#counter++, 24);
    if (this.#put === undefined) {
      const envelope = randomBytes(size);
      this.#put = new Template({ op: 'put', id: FIRST_PATCHED_ID, address, envelope, ttlHours: 168 }, envelope);
    }
    this.#socket.send(this.#put.fill(this.#patchedId++, head));
  }

  ack(address: Uint8Array, envelope: Uint8Array): void {
    if (this.#ack === undefined) {
      const hash = randomBytes(32);
      this.#ack = new Template({ op: 'ack', id: FIRST_PATCHED_ID, address, hashes: [hash] }, hash);
    }
    this.#socket.send(this.#ack.fill(this.#patchedId++, sha256(envelope)));
  }

  end(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer): boolean {
    // An `ok` to a patched request has one form: {"id": u32, "op": "ok"}.
    if (data.length === PATCHED_OK_SIZE) {
      this.onOk?.();
      return false;
    }
    const reply = decodeFrame(replySchemas, data);
    switch (reply.op) {
      case 'hello':
        this.#nonce = reply.nonce;
        return true;
      case 'envelope':
        this.onEnvelope?.(reply.envelope);
        return false;
      case 'ok':
        if (reply.id >= FIRST_PATCHED_ID) {
          this.onOk?.();
        } else {
          this.#waiting.get(reply.id)?.();
          this.#waiting.delete(reply.id);
        }
        return false;
      case 'error':
        throw new Error(`the relay answered ${reply.code}`);
      default:
        return false;
    }
  }
}
