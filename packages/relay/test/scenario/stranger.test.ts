import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { testRelay } from '../support/relay.ts';

/**
 * A client written from docs/protocol/relay.md alone: a bare WebSocket, a CBOR library and Ed25519, nothing of this
 * repository. It opens a mailbox, puts into it, reads, acknowledges, and uses a card.
 */

type Frame = Record<string, unknown>;

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const ascii = (text: string) => Buffer.from(text, 'ascii');
/** §3.1: deterministic CBOR. */
const cbor = (frame: Frame) => encode(frame, rfc8949EncodeOptions);

class Stranger {
  readonly #socket: WebSocket;
  readonly #origin: string;
  readonly #key: KeyObject;
  readonly #frames: Frame[] = [];
  #wake: (() => void) | undefined;
  #id = 0;
  readonly ownerKey: Uint8Array;

  constructor(origin: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    this.ownerKey = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    this.#origin = origin;
    this.#socket = new WebSocket(`${origin}/`, 'secret-chat.relay.v1');
    this.#socket.on('message', (data: Buffer) => {
      this.#frames.push(decode(data) as Frame);
      this.#wake?.();
    });
    onTestFinished(() => this.#socket.terminate());
  }

  /** The next frame with this `op`. */
  async next(op: string): Promise<Frame> {
    for (;;) {
      const at = this.#frames.findIndex((frame) => frame.op === op || frame.op === 'error');
      if (at >= 0) {
        return this.#frames.splice(at, 1)[0] as Frame;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  ask(frame: Frame): Promise<Frame> {
    this.#socket.send(cbor({ ...frame, id: ++this.#id }));
    return this.next('ok');
  }

  /** §3.3 */
  askSigned(nonce: Uint8Array, frame: Frame): Promise<Frame> {
    const unsigned = { ...frame, ownerKey: this.ownerKey, id: ++this.#id };
    const length = Buffer.alloc(4);
    length.writeUInt32BE(this.#origin.length);
    const message = Buffer.concat([
      ascii('secret-chat/v1/relay/proof'),
      length,
      ascii(this.#origin),
      nonce,
      cbor({ ...unsigned, proof: new Uint8Array(64) }),
    ]);
    const proof = new Uint8Array(sign(null, message, this.#key));
    this.#socket.send(cbor({ ...unsigned, proof }));
    return this.next('ok');
  }
}

test('a client written from the document alone uses a mailbox and a card', async () => {
  const relay = await testRelay();
  const owner = new Stranger(relay.url);
  const { nonce, tokenRequired } = (await owner.next('hello')) as { nonce: Uint8Array; tokenRequired: boolean };
  expect([nonce.length, tokenRequired]).toEqual([32, false]);

  // §4.1, §4.2
  const random = new Uint8Array(randomBytes(32));
  const address = new Uint8Array(sha256(ascii('secret-chat/v1/relay/address'), owner.ownerKey, random));
  expect(await owner.askSigned(nonce, { op: 'open', random, idleWeeks: 26 })).toEqual({ op: 'ok', id: 1 });

  // §4.3: anyone who knows the address.
  const guest = new Stranger(relay.url);
  await guest.next('hello');
  const envelopes = [1, 2].map((byte) => new Uint8Array(4096).fill(byte));
  for (const envelope of envelopes) {
    expect((await guest.ask({ op: 'put', address, envelope, ttlHours: 168 })).op).toBe('ok');
  }
  expect(await guest.ask({ op: 'put', address: random, envelope: envelopes[0], ttlHours: 168 })).toEqual({
    op: 'error',
    id: 3,
    code: 7,
  });

  // §4.4, §4.5
  expect((await owner.askSigned(nonce, { op: 'subscribe', random })).op).toBe('ok');
  const received = [await owner.next('envelope'), await owner.next('envelope')].map(({ envelope }) => envelope);
  expect(received).toEqual(envelopes);
  expect((await owner.next('drained')).address).toEqual(address);
  const hashes = envelopes.map((envelope) => new Uint8Array(sha256(envelope)));
  expect((await owner.ask({ op: 'ack', address, hashes })).op).toBe('ok');

  // §5
  const locator = new Uint8Array(randomBytes(32));
  const card = new Uint8Array(4096).fill(3);
  const prekeys = [new Uint8Array(1364).fill(4)];
  const inviteId = new Uint8Array(sha256(locator));
  expect((await owner.askSigned(nonce, { op: 'putCard', inviteId, card, prekeys, idleWeeks: 26 })).prekeys).toBe(1);
  expect((await guest.ask({ op: 'getCard', locator })).card).toEqual(card);
  expect((await guest.ask({ op: 'takePrekey', locator })).prekey).toEqual(prekeys[0]);

  // §6.1: what is left is the mailbox itself.
  const { items } = (await owner.askSigned(nonce, { op: 'exportMailbox', random })) as { items: Frame[] };
  expect(items.map(({ kind }) => kind)).toEqual([0]);
  expect((await owner.askSigned(nonce, { op: 'close', random })).op).toBe('ok');
  expect(await guest.ask({ op: 'put', address, envelope: envelopes[0], ttlHours: 168 })).toMatchObject({ code: 7 });
});
