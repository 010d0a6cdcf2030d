import http from 'node:http';
import net from 'node:net';
import { encodeCbor } from '@secret-chat/cbor';
import { encodeFrame, type Request, requestSchemas } from '@secret-chat/wire';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { StoreError } from '../../src/index.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { type Client, envelope, newOwner, random } from '../support/client.ts';
import { type TestRelay, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const error = (code: string) => expect.objectContaining({ op: 'error', code });
const LIMITS = {
  envelopesPerMailbox: 3,
  bytesPerMailbox: 1_000_000,
  mailboxes: 1000,
  envelopeBytes: 20 * 4096,
  cards: 10,
  prekeysPerCard: 200,
  pieceBytes: 10_000_000,
};

/** Someone else's connection, with a mailbox, that must not notice anything. */
let witness: { client: Client; owner: ReturnType<typeof newOwner> } | undefined;

async function withWitness(options: Parameters<typeof testRelay>[0] = {}): Promise<TestRelay> {
  const relay = await testRelay(options);
  const client = await relay.connect();
  const owner = newOwner();
  if (client.hello.tokenRequired === false) {
    await client.open(owner);
    await client.subscribe(owner);
    await client.next('drained');
    witness = { client, owner };
  }
  return relay;
}

afterEach(async () => {
  witness = undefined;
});

async function witnessIsWell(): Promise<void> {
  if (witness === undefined) {
    throw new Error('no witness');
  }
  const { client, owner } = witness;
  const before = client.of('envelope').length;
  const bytes = envelope();
  expect(await client.put(owner.address, bytes)).toEqual(ok);
  await client.next('envelope', before + 1);
  expect(await client.ack(owner.address, [bytes])).toEqual(ok);
}

describe('frames', () => {
  test.each([
    ['garbage', random(100), 'MALFORMED'],
    ['nothing', new Uint8Array(0), 'MALFORMED'],
    ['JSON', Buffer.from('{"op":"ping","id":1}'), 'MALFORMED'],
    ['another codec', Buffer.from('82a26f70a470696e67', 'hex'), 'MALFORMED'],
    [
      'an unknown operation',
      encodeCbor(
        new Map<string, string | number>([
          ['id', 1],
          ['op', 'shout'],
        ]),
      ),
      'UNKNOWN_OPERATION',
    ],
    [
      'a reply',
      encodeCbor(
        new Map<string, string | number>([
          ['id', 1],
          ['op', 'ok'],
        ]),
      ),
      'UNKNOWN_OPERATION',
    ],
    [
      'an id of 0',
      encodeCbor(
        new Map<string, string | number>([
          ['id', 0],
          ['op', 'ping'],
        ]),
      ),
      'MALFORMED',
    ],
    ['deep nesting', new Uint8Array(65_000).fill(0x81), 'MALFORMED'],
  ])('%s: answered, closed', async (_, frame, code) => {
    const relay = await withWitness();
    const client = await relay.connect();
    client.send(frame);
    expect(await client.closed).toEqual({ code: 1008 });
    expect(client.replies.slice(1)).toEqual([{ op: 'error', id: 0, code }]);
    await witnessIsWell();
  });

  test('after a closing error nothing more is done', async () => {
    const relay = await withWitness();
    const client = await relay.connect();
    const owner = newOwner();
    client.send(random(10));
    client.send(
      client.signedFrame({ op: 'open', ownerKey: owner.ownerKey, random: owner.random, idleWeeks: 1 }, owner),
    );
    await client.closed;
    expect(client.replies).toHaveLength(2);
    expect(await (await relay.connect()).put(owner.address, envelope())).toEqual(error('GONE'));
  });

  test('text closes with 1003, too large with 1009', async () => {
    const relay = await withWitness();
    const [text, large, fragments] = [await relay.connect(), await relay.connect(), await relay.connect()];
    text.socket.send('hello');
    expect(await text.closed).toEqual({ code: 1003 });
    large.send(new Uint8Array(65_537));
    expect(await large.closed).toEqual({ code: 1009 });
    for (let i = 0; i < 5; i++) {
      fragments.socket.send(new Uint8Array(20_000), { fin: false });
    }
    expect(await fragments.closed).toEqual({ code: 1009 });
    const crumbs = await relay.connect();
    for (let i = 0; i < 129; i++) {
      crumbs.socket.send(new Uint8Array(0), { fin: false });
    }
    expect(await crumbs.closed).toEqual({ code: 1008 });
    await witnessIsWell();
  });

  test('an id that does not grow is stale', async () => {
    const relay = await withWitness();
    for (const [first, second] of [
      [5, 5],
      [7, 6],
      [0xffff_ffff, 1],
    ] as const) {
      const client = await relay.connect();
      client.send(encodeFrame(requestSchemas, { op: 'ping', id: first }));
      client.send(encodeFrame(requestSchemas, { op: 'ping', id: second }));
      expect(await client.closed).toEqual({ code: 1008 });
      expect(client.of('error')).toEqual([{ op: 'error', id: second, code: 'STALE_ID' }]);
    }
    await witnessIsWell();
  });

  test('periods out of range are answered', async () => {
    const relay = await withWitness();
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner);
    for (const ttl of [0, 721, Number.MAX_SAFE_INTEGER]) {
      expect(await client.put(owner.address, envelope(), ttl)).toEqual(error('OUT_OF_RANGE'));
    }
    for (const weeks of [0, 105, Number.MAX_SAFE_INTEGER]) {
      expect(await client.open(owner, weeks)).toEqual(error('OUT_OF_RANGE'));
    }
    expect(await client.put(owner.address, envelope(), 720)).toEqual(ok);
  });

  test('a wrong address is gone', async () => {
    const relay = await withWitness();
    const client = await relay.connect();
    expect(await client.put(random(32), envelope())).toEqual(error('GONE'));
    expect(await client.subscribe(newOwner())).toEqual(error('GONE'));
    expect(await client.ack(random(32), [envelope()])).toEqual(error('NOT_SUBSCRIBED'));
    const { ownerKey, random: part, ...owner } = newOwner();
    const page = { op: 'exportMailbox', ownerKey, random: part } as const;
    expect(await client.askSigned(page, { ...owner, ownerKey, random: part })).toEqual(error('GONE'));
  });
});

describe('proofs', () => {
  test('of another connection, origin, request or key are refused, and change nothing', async () => {
    const relay = await withWitness();
    const [client, other] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    const request = { op: 'open', ownerKey: owner.ownerKey, random: owner.random, idleWeeks: 1 } as const;
    const refused = async (frame: Uint8Array) => {
      const answer = client.answer();
      client.send(frame);
      expect(await answer).toEqual(error('BAD_PROOF'));
    };
    await refused(client.signedFrame(request, owner, { origin: 'wss://another.example' }));
    await refused(client.signedFrame(request, owner, { origin: `${relay.url}/` }));
    await refused(client.signedFrame(request, owner, { nonce: other.hello.nonce }));
    await refused(client.signedFrame(request, owner, { nonce: random(32) }));
    await refused(client.signedFrame(request, newOwner()));
    // The proof of one request under another's fields.
    const signed = client.signedFrame(request, owner);
    const changed = Buffer.from(signed);
    changed[changed.indexOf('idleWeeks') + 'idleWeeks'.length] = 2;
    await refused(changed);
    expect(await client.put(owner.address, envelope())).toEqual(error('GONE'));
    expect(await client.open(owner)).toEqual(ok);
    await witnessIsWell();
  });

  test('sent again is stale on its connection and bad on another', async () => {
    const relay = await withWitness();
    const [client, thief] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await client.open(owner);
    const frame = client.signedFrame({ op: 'close', ownerKey: owner.ownerKey, random: owner.random }, owner);
    // Overheard and sent first elsewhere.
    thief.send(frame);
    expect(await thief.next('error')).toEqual([expect.objectContaining({ code: 'BAD_PROOF' })]);
    const answer = client.answer();
    client.send(frame);
    expect(await answer).toEqual(ok);
    client.send(frame);
    await client.closed;
    expect(client.of('error')).toEqual([expect.objectContaining({ code: 'STALE_ID' })]);
  });

  test('nobody opens, reads or closes an address that is not made of their key', async () => {
    const relay = await withWitness();
    const client = await relay.connect();
    const [owner, thief] = [newOwner(), newOwner()];
    await client.open(owner);
    await client.put(owner.address, envelope());
    // With their own key and the disclosed random part they get an address of their own.
    const disguised = { ...thief, random: owner.random };
    expect(await client.subscribe(disguised)).toEqual(error('GONE'));
    // With the owner's key they cannot sign.
    const forged = { ...thief, ownerKey: owner.ownerKey, random: owner.random };
    expect(await client.subscribe(forged)).toEqual(error('BAD_PROOF'));
    expect(await client.closeMailbox(forged)).toEqual(error('BAD_PROOF'));
    // Whether it exists is not told.
    const unknown = { ...forged, random: random(32) };
    expect(await client.subscribe(unknown)).toEqual(error('BAD_PROOF'));
    // Nor after it was removed.
    expect(await client.closeMailbox(owner)).toEqual(ok);
    expect(await client.open(forged)).toEqual(error('BAD_PROOF'));
    expect(await client.put(owner.address, envelope())).toEqual(error('GONE'));
  });

  test('a relay takes only the origins it is told', async () => {
    const relay = await testRelay({ origins: ['wss://relay.example', 'WSS://Other.Example:443/'] });
    const owner = newOwner();
    for (const [origin, expected] of [
      ['wss://relay.example', ok],
      ['wss://other.example', ok],
      [relay.url, error('BAD_PROOF')],
      ['ws://relay.example', error('BAD_PROOF')],
    ] as const) {
      const client = await relay.connect({ proofOrigin: origin });
      expect(await client.open(owner)).toEqual(expected);
    }
  });

  test('on loopback every name of it is an origin', async () => {
    const relay = await withWitness();
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const client = await relay.connect({ proofOrigin: `ws://${host}:${relay.port}` });
      expect(await client.open(newOwner())).toEqual(ok);
    }
  });
});

describe('HTTP and upgrades', () => {
  const refusedUpgrade = (url: string, protocols: string[], options: object = {}) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(url, protocols, options);
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.resume();
        socket.terminate();
      });
      socket.on('open', () => reject(new Error('opened')));
      socket.on('error', () => undefined);
    });

  test('no or another subprotocol, another path', async () => {
    const relay = await withWitness();
    expect(await refusedUpgrade(relay.url, [])).toBe(400);
    expect(await refusedUpgrade(relay.url, ['secret-chat.relay.v2'])).toBe(400);
    expect(await refusedUpgrade(`${relay.url}/piece`, ['secret-chat.relay.v1'])).toBe(404);
    await witnessIsWell();
  });

  test('several subprotocols are offered: this one is chosen, without compression', async () => {
    const relay = await withWitness();
    const socket = new WebSocket(relay.url, ['secret-chat.relay.v2', 'secret-chat.relay.v1'], {
      perMessageDeflate: true,
    });
    await new Promise((resolve) => socket.on('open', resolve));
    expect([socket.protocol, socket.extensions]).toEqual(['secret-chat.relay.v1', '']);
    socket.terminate();
  });

  test('a list of web origins', async () => {
    const relay = await testRelay({ allowedOrigins: ['https://chat.example'] });
    expect(await refusedUpgrade(relay.url, ['secret-chat.relay.v1'], { origin: 'https://evil.example' })).toBe(403);
    await relay.connect({ origin: 'https://chat.example' });
    await relay.connect();
    const home = relay.url.replace('ws', 'http');
    const path = `${home}/piece/${'0'.repeat(64)}`;
    const refused = await fetch(path, { headers: { origin: 'https://evil.example' } });
    expect([refused.status, refused.headers.get('cache-control')]).toEqual([403, 'no-store']);
    expect((await fetch(path, { headers: { origin: 'https://chat.example' } })).status).toBe(404);
  });

  test('garbage, slow headers and half-open connections end by themselves', async () => {
    const relay = await withWitness({ limits: { headerSeconds: 0.3, idleSeconds: 1 } });
    const ended = (bytes: string) =>
      new Promise<number>((resolve) => {
        const started = performance.now();
        const socket = net.connect(relay.port, '127.0.0.1', () => socket.write(bytes));
        socket.on('close', () => resolve(performance.now() - started));
        socket.on('error', () => undefined);
        socket.resume();
      });
    expect(await ended('\x16\x03\x01 what is this\r\n\r\n')).toBeLessThan(1000);
    // One header and then nothing; nothing at all; a body that never comes.
    const waits = await Promise.all([
      ended('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '),
      ended(''),
      ended(
        `PUT /piece/${'0'.repeat(64)} HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\nsecret-chat-delete-hash: ${'0'.repeat(64)}\r\n\r\nabc`,
      ),
    ]);
    expect(Math.max(...waits)).toBeLessThan(3000);
    await witnessIsWell();
  });

  test('oversized and endless headers', async () => {
    const relay = await withWitness();
    const status = await new Promise<number>((resolve) => {
      const request = http.request({
        port: relay.port,
        host: '127.0.0.1',
        path: '/',
        headers: { x: 'y'.repeat(40_000) },
      });
      request.on('response', (response) => resolve(response.statusCode ?? 0));
      request.on('error', () => resolve(431));
      request.end();
    });
    expect(status).toBe(431);
    await witnessIsWell();
  });
});

describe('a store that cannot', () => {
  test('a full mailbox, and a full relay', async () => {
    const relay = await testRelay({ store: new MemoryStore(LIMITS) });
    const client = await relay.connect();
    const owners = Array.from({ length: 8 }, newOwner);
    await Promise.all(owners.map((owner) => client.open(owner)));
    const answers = [];
    for (const { address } of owners) {
      for (let i = 0; i < 4; i++) {
        answers.push(await client.put(address, envelope()));
      }
    }
    const codes = answers.map((answer) => (answer.op === 'error' ? answer.code : 'ok'));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(20);
    expect(codes.slice(0, 4)).toEqual(['ok', 'ok', 'ok', 'MAILBOX_FULL']);
    expect(codes.at(-1)).toBe('RELAY_FULL');
    // Room again, once something was acknowledged.
    const [owner] = owners as [ReturnType<typeof newOwner>];
    await client.subscribe(owner);
    const [first] = await client.next('envelope', 3);
    await client.ack(owner.address, [first?.envelope as Uint8Array]);
    expect(await client.put(owner.address, envelope())).toEqual(ok);
  });

  test('a full disk is UNAVAILABLE, never ok, and passes', async () => {
    const store = new MemoryStore(LIMITS);
    let isFull = true;
    const failing = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        const fails = isFull && ['append', 'openMailbox', 'putCard', 'putPiece', 'ack'].includes(String(name));
        if (fails) {
          return () => Promise.reject(new StoreError('UNAVAILABLE', 'the disk is full'));
        }
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    // What failed counts for no rate: who tried again and again is not kept waiting when there is room.
    const relay = await testRelay({ store: failing, limits: { mailboxesPerHour: 1, cardsPerHour: 1 } });
    const client = await relay.connect();
    const owner = newOwner();
    const card = { inviteId: random(32), card: random(4096), prekeys: [], idleWeeks: 1 };
    const putCard = () => client.askSigned({ op: 'putCard', ownerKey: owner.ownerKey, ...card }, owner);
    expect(await client.open(owner)).toEqual(error('UNAVAILABLE'));
    expect(await putCard()).toEqual(error('UNAVAILABLE'));
    expect(await client.put(owner.address, envelope())).toEqual(error('UNAVAILABLE'));
    const url = `${relay.url.replace('ws', 'http')}/piece/${'0'.repeat(64)}`;
    const upload = {
      method: 'PUT',
      body: new Uint8Array(65_536),
      headers: { 'secret-chat-delete-hash': '0'.repeat(64) },
    };
    const refused = await fetch(url, upload);
    expect([refused.status, refused.headers.get('secret-chat-error')]).toEqual([503, 'UNAVAILABLE']);
    isFull = false;
    expect(await client.open(owner)).toEqual(ok);
    expect(await putCard()).toEqual(ok);
    expect(await client.put(owner.address, envelope())).toEqual(ok);
    expect((await fetch(url, upload)).status).toBe(201);
  });

  test('a closed store is UNAVAILABLE', async () => {
    const store = new MemoryStore(LIMITS);
    const relay = await testRelay({ store });
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner);
    await store.close();
    expect(await client.put(owner.address, envelope())).toEqual(error('UNAVAILABLE'));
    expect(await client.subscribe(owner)).toEqual(error('UNAVAILABLE'));
    expect(await client.ask({ op: 'ping' })).toEqual(ok);
  });
});

describe('keys that prove nothing', () => {
  test('small order, unreduced, malleable', async () => {
    const relay = await withWitness();
    const client = await relay.connect();
    const identity = Buffer.from('01'.padEnd(64, '0'), 'hex');
    const keys = [
      identity,
      Buffer.alloc(32),
      Buffer.from(`ec${'ff'.repeat(30)}7f`, 'hex'),
      Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
      Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85', 'hex'),
      // y = p + 1 is the identity again, not reduced; and bytes that are no point.
      Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex'),
      Buffer.from(`02${'00'.repeat(31)}`, 'hex'),
    ];
    for (const ownerKey of keys) {
      // R = identity, s = 0: verifies under a key of small order for every message, or for one in eight.
      for (let i = 0; i < 8; i++) {
        const proof = Buffer.concat([identity, Buffer.alloc(32)]);
        const request = {
          op: 'open',
          id: client.nextId(),
          ownerKey,
          random: random(32),
          idleWeeks: 1,
          proof,
        } as Request;
        const answer = client.answer(request.id);
        client.send(encodeFrame(requestSchemas, request));
        expect(await answer).toEqual(error('BAD_PROOF'));
      }
    }
  });

  test('the same signature with s + L is another signature, and refused', async () => {
    const relay = await withWitness();
    const client = await relay.connect();
    const owner = newOwner();
    const { ownerKey, random: part } = owner;
    const signed = Buffer.from(client.signedFrame({ op: 'open', ownerKey, random: part, idleWeeks: 1 }, owner));
    const at = signed.indexOf('proof') + 'proof'.length + 2;
    const s = BigInt(
      `0x${Buffer.from(signed.subarray(at + 32, at + 64))
        .reverse()
        .toString('hex')}`,
    );
    const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
    Buffer.from((s + order).toString(16).padStart(64, '0'), 'hex')
      .reverse()
      .copy(signed, at + 32);
    const answer = client.answer();
    client.send(signed);
    expect(await answer).toEqual(error('BAD_PROOF'));
  });
});
