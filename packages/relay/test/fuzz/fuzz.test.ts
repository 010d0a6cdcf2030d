import net from 'node:net';
import process from 'node:process';
import { decodeFrame, encodeFrame, type Reply, type Request, replySchemas, requestSchemas } from '@secret-chat/wire';
import { expect, test } from 'vitest';
import { systemEffects } from '../../src/index.ts';
import { Connection, type Link } from '../../src/server/connection.ts';
import { resolveLimits } from '../../src/server/limits.ts';
import { createServices } from '../../src/server/services.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { envelope, newOwner, random, sha256 } from '../support/client.ts';
import { mutate, Prng } from '../support/mutate.ts';
import { testRelay } from '../support/relay.ts';

/** `SECRET_CHAT_FUZZ_SECONDS=600` runs as long; the suite is content with a million frames or 20 seconds. */
const SECONDS = Number(process.env.SECRET_CHAT_FUZZ_SECONDS ?? 20);
const FRAMES = process.env.SECRET_CHAT_FUZZ_SECONDS === undefined ? 1_000_000 : Number.POSITIVE_INFINITY;
const SEED = Number(process.env.SECRET_CHAT_FUZZ_SEED ?? 0x5ec7e7);
const BATCH = 500;
const MIB = 1024 * 1024;

const STORE = {
  envelopesPerMailbox: 50,
  bytesPerMailbox: MIB,
  mailboxes: 100,
  envelopeBytes: 4 * MIB,
  cards: 50,
  prekeysPerCard: 200,
  pieceBytes: 10 * MIB,
};

class FakeLink implements Link {
  readonly backlog = 0;
  closedWith: number | undefined;
  replies = 0;
  last: Uint8Array | undefined;
  send(frame: Uint8Array, flushed?: () => void): void {
    this.replies++;
    this.last = frame;
    flushed?.();
  }
  close(code: number): void {
    this.closedWith = code;
  }
  cut(): void {
    this.closedWith = 0;
  }
  pause(): void {}
  resume(): void {}
}

function corpus(): Uint8Array[] {
  const owner = newOwner();
  const locator = random(32);
  const proof = random(64);
  const own = { ownerKey: owner.ownerKey, random: owner.random, proof };
  const card = { ownerKey: owner.ownerKey, inviteId: sha256(locator), proof };
  const requests: Request[] = [
    { op: 'auth', id: 1, token: 'opensesame' },
    { op: 'ping', id: 2 },
    { op: 'open', id: 3, ...own, idleWeeks: 26 },
    { op: 'put', id: 4, address: owner.address, envelope: envelope(), ttlHours: 168 },
    { op: 'subscribe', id: 5, ...own },
    { op: 'ack', id: 6, address: owner.address, hashes: [random(32), random(32)] },
    { op: 'close', id: 7, ...own },
    { op: 'putCard', id: 8, ...card, card: random(4096), prekeys: [random(1364)], idleWeeks: 2 },
    { op: 'getCard', id: 9, locator },
    { op: 'takePrekey', id: 10, locator },
    { op: 'addPrekeys', id: 11, ...card, prekeys: [random(1364)] },
    { op: 'removeCard', id: 12, ...card },
    { op: 'exportMailbox', id: 13, ...own, after: 5 },
    { op: 'exportCard', id: 14, ...card },
  ];
  return requests.map((request) => encodeFrame(requestSchemas, request));
}

test(
  `mutated frames through the decoder and a connection, seed ${SEED}`,
  async () => {
    const effects = systemEffects;
    const limits = resolveLimits({ framesPerSecond: 1e9, requestsInFlight: 1e6 });
    const services = createServices({
      store: new MemoryStore(STORE),
      limits,
      effects,
      origins: ['ws://127.0.0.1:8787'],
      token: undefined,
    });
    const prng = new Prng(SEED);
    const frames = corpus();
    // Large frames and signatures to verify cost most of the time: one in twenty.
    const small = frames.filter((frame) => frame.length < 1000 && !Buffer.from(frame).includes('proof'));
    const end = performance.now() + SECONDS * 1000;
    let count = 0;
    let settled = 0;
    let link = new FakeLink();
    let connection = new Connection(services, link, '192.0.2.1');
    while (count < FRAMES && performance.now() < end) {
      for (let i = 0; i < BATCH; i++) {
        const source = prng.pick(prng.below(20) === 0 ? frames : small);
        connection.receive(mutate(prng, source, prng.pick(small)));
        if (link.closedWith !== undefined) {
          // Every refusal that closes was answered first.
          const reply: Reply = decodeFrame(replySchemas, link.last as Uint8Array);
          expect(reply.op).toBe('error');
          connection.ended();
          link = new FakeLink();
          connection = new Connection(services, link, '192.0.2.1');
        }
        count++;
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (settled === 0 && count >= 50_000) {
        settled = process.memoryUsage().rss;
      }
    }
    const grown = (process.memoryUsage().rss - settled) / MIB;
    process.stderr.write(`fuzz: ${count} frames, resident memory ${grown > 0 ? '+' : ''}${grown.toFixed(0)} MiB\n`);
    expect(count).toBeGreaterThan(100_000);
    expect(grown).toBeLessThan(100);
    connection.ended();
    expect(services.totals.connections).toBe(0);
    expect(services.mailboxes.size).toBe(0);
    expect(services.totals.failures).toBe(0);
  },
  SECONDS * 1000 + 60_000,
);

test(
  `mutated requests of HTTP, seed ${SEED}`,
  async () => {
    const relay = await testRelay({ limits: { headerSeconds: 1, idleSeconds: 2, connectionsPerNetwork: 10_000 } });
    const id = 'ab'.repeat(32);
    const requests = [
      `GET /piece/${id} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-10\r\n\r\n`,
      `HEAD /piece/${id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `PUT /piece/${id} HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\nsecret-chat-delete-hash: ${id}\r\nsecret-chat-ttl-hours: 5\r\n\r\nabc`,
      `PUT /piece/${id} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      `DELETE /piece/${id} HTTP/1.1\r\nHost: x\r\nsecret-chat-delete-token: ${id}\r\n\r\n`,
      `OPTIONS /piece/${id} HTTP/1.1\r\nHost: x\r\nOrigin: https://x\r\n\r\n`,
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: secret-chat.relay.v1\r\n\r\n\x82\x85aaaa\x00\x00\x00\x00\x00',
    ].map((text) => new Uint8Array(Buffer.from(text, 'latin1')));
    const prng = new Prng(SEED);
    const end = performance.now() + (SECONDS * 1000) / 4;
    let count = 0;
    const one = () =>
      new Promise<void>((resolve) => {
        const socket = net.connect(relay.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
        socket.end(mutate(prng, prng.pick(requests), prng.pick(requests)));
        count++;
      });
    while (performance.now() < end) {
      await Promise.all(Array.from({ length: 50 }, one));
    }
    expect(count).toBeGreaterThan(500);
    const client = await relay.connect();
    expect(await client.open(newOwner())).toMatchObject({ op: 'ok' });
    process.stderr.write(`fuzz: ${count} requests of HTTP\n`);
  },
  SECONDS * 1000 + 60_000,
);
