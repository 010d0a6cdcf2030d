import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { piecePath, toHex } from '@secret-chat/wire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { random, sha256 } from '../support/client.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const HOUR_MS = 3_600_000;

interface Piece {
  readonly id: Uint8Array;
  readonly token: Uint8Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const newPiece = (size = 65_536): Piece => ({ id: random(32), token: random(32), bytes: new Uint8Array(random(size)) });
const urlOf = (relay: { url: string }, { id }: Piece) => `${relay.url.replace('ws', 'http')}${piecePath(id)}`;
const deleteHash = ({ token }: Piece) => ({ 'secret-chat-delete-hash': toHex(sha256(token)) });

function put(relay: { url: string }, piece: Piece, headers: Record<string, string> = {}) {
  return fetch(urlOf(relay, piece), {
    method: 'PUT',
    body: piece.bytes,
    headers: { ...deleteHash(piece), ...headers },
  });
}

function remove(relay: { url: string }, piece: Piece, token = piece.token) {
  return fetch(urlOf(relay, piece), { method: 'DELETE', headers: { 'secret-chat-delete-token': toHex(token) } });
}

async function answer(response: Response): Promise<[number, string | null]> {
  await response.arrayBuffer();
  return [response.status, response.headers.get('secret-chat-error')];
}

const read = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe('a piece', () => {
  test.each([65_536, 1_048_576])('of %i bytes is put, got and deleted', async (size) => {
    const relay = await testRelay();
    const piece = newPiece(size);
    expect(await answer(await fetch(urlOf(relay, piece)))).toEqual([404, 'GONE']);
    expect((await put(relay, piece)).status).toBe(201);
    expect((await put(relay, piece)).status).toBe(200);
    // Other bytes under an id that is there change nothing.
    expect((await put(relay, { ...piece, bytes: newPiece(size).bytes })).status).toBe(200);

    const got = await fetch(urlOf(relay, piece));
    expect(got.status).toBe(200);
    expect(got.headers.get('content-length')).toBe(String(size));
    expect(got.headers.get('cache-control')).toBe('no-store');
    // Comparing them as arrays would outlast the connection.
    expect(Buffer.compare(await read(got), piece.bytes)).toBe(0);
    const head = await fetch(urlOf(relay, piece), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);

    expect(await answer(await remove(relay, piece, random(32)))).toEqual([403, 'BAD_PROOF']);
    expect((await remove(relay, piece)).status).toBe(204);
    expect(await answer(await remove(relay, piece))).toEqual([404, 'GONE']);
    expect(await answer(await fetch(urlOf(relay, piece)))).toEqual([404, 'GONE']);
    expect(await answer(await fetch(urlOf(relay, piece), { method: 'HEAD' }))).toEqual([404, 'GONE']);
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=100-199', 100, 200],
    ['bytes=65535-', 65_535, 65_536],
    ['bytes=60000-99999', 60_000, 65_536],
    ['bytes=-16', 65_520, 65_536],
    ['bytes=-99999999', 0, 65_536],
  ])('range %s', async (range, from, to) => {
    const relay = await testRelay();
    const piece = newPiece();
    await put(relay, piece);
    const part = await fetch(urlOf(relay, piece), { headers: { range } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/65536`);
    expect(await read(part)).toEqual(piece.bytes.slice(from, to));
  });

  test('ranges beyond the end are refused, ranges of another form ignored', async () => {
    const relay = await testRelay();
    const piece = newPiece();
    await put(relay, piece);
    for (const range of ['bytes=65536-', 'bytes=65536-70000', 'bytes=-0']) {
      const refused = await fetch(urlOf(relay, piece), { headers: { range } });
      expect(refused.headers.get('content-range')).toBe('bytes */65536');
      expect(await answer(refused)).toEqual([416, 'OUT_OF_RANGE']);
    }
    for (const range of [
      'bytes=9-1',
      'bytes=-',
      'bytes=a-b',
      'lines=1-2',
      'bytes=0-1,5-6',
      `bytes=${'9'.repeat(30)}-`,
    ]) {
      const whole = await fetch(urlOf(relay, piece), { headers: { range } });
      expect([range, whole.status]).toEqual([range, 200]);
      await whole.arrayBuffer();
    }
  });

  test('expires, rounded up to the hour', async () => {
    const clock = new FakeClock();
    clock.advance(HOUR_MS / 2);
    const relay = await testRelay({ effects: clock });
    const piece = newPiece();
    expect((await put(relay, piece, { 'secret-chat-ttl-hours': '1' })).status).toBe(201);
    clock.advance(HOUR_MS);
    expect((await fetch(urlOf(relay, piece), { method: 'HEAD' })).status).toBe(200);
    clock.advance(HOUR_MS / 2);
    expect(await answer(await fetch(urlOf(relay, piece)))).toEqual([404, 'GONE']);
    expect((await put(relay, piece)).status).toBe(201);
  });

  test('whose upload breaks off is not stored', async () => {
    const relay = await testRelay();
    const piece = newPiece();
    await new Promise<void>((resolve) => {
      const request = http.request(urlOf(relay, piece), {
        method: 'PUT',
        headers: { ...deleteHash(piece), 'content-length': '65536' },
      });
      request.on('error', () => resolve());
      request.write(piece.bytes.subarray(0, 40_000), () => request.destroy());
    });
    expect((await fetch(urlOf(relay, piece))).status).toBe(404);
    expect((await put(relay, piece)).status).toBe(201);
    expect(await read(await fetch(urlOf(relay, piece)))).toEqual(piece.bytes);
  });

  test.each([
    ['no delete hash', { 'secret-chat-delete-hash': '' }, 65_536, 400, 'MALFORMED'],
    ['a short delete hash', { 'secret-chat-delete-hash': 'ab' }, 65_536, 400, 'MALFORMED'],
    ['a size between', {}, 65_537, 413, 'MALFORMED'],
    ['nothing', {}, 0, 413, 'MALFORMED'],
    ['more than a piece', {}, 1_048_577, 413, 'MALFORMED'],
    ['no time', { 'secret-chat-ttl-hours': '0' }, 65_536, 422, 'OUT_OF_RANGE'],
    ['more than 30 days', { 'secret-chat-ttl-hours': '721' }, 65_536, 422, 'OUT_OF_RANGE'],
    ['a time that is none', { 'secret-chat-ttl-hours': '-1' }, 65_536, 400, 'MALFORMED'],
  ])('put with %s is refused', async (_, headers, size, status, code) => {
    const relay = await testRelay();
    const piece = newPiece(size);
    expect(await answer(await put(relay, piece, headers as Record<string, string>))).toEqual([status, code]);
    expect((await put(relay, { ...piece, bytes: newPiece().bytes })).status).toBe(201);
  });

  test('an upload without a length is refused', async () => {
    const relay = await testRelay();
    const piece = newPiece();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(piece.bytes);
        controller.close();
      },
    });
    const init = { method: 'PUT', body, duplex: 'half', headers: deleteHash(piece) };
    expect(await answer(await fetch(urlOf(relay, piece), init as RequestInit))).toEqual([411, 'MALFORMED']);
  });

  test('other methods and paths', async () => {
    const relay = await testRelay();
    const home = relay.url.replace('ws', 'http');
    const piece = newPiece();
    expect(await answer(await fetch(urlOf(relay, piece), { method: 'POST' }))).toEqual([405, 'MALFORMED']);
    expect(await answer(await fetch(`${home}/pieces`))).toEqual([404, 'GONE']);
    const upgrade = await fetch(home);
    expect([upgrade.status, upgrade.headers.get('cache-control')]).toEqual([426, 'no-store']);
    for (const path of [
      '/piece/',
      '/piece/..%2f..%2fetc%2fpasswd',
      `${piecePath(piece.id)}?a`,
      `${piecePath(piece.id)}/x`,
    ]) {
      expect(await answer(await fetch(`${home}${path}`))).toEqual([400, 'MALFORMED']);
    }
    expect(await answer(await fetch(urlOf(relay, piece), { method: 'DELETE' }))).toEqual([400, 'MALFORMED']);
  });

  test('CORS lets every browser in', async () => {
    const relay = await testRelay();
    const piece = newPiece();
    const preflight = await fetch(urlOf(relay, piece), {
      method: 'OPTIONS',
      headers: { origin: 'https://chat.example' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, PUT, DELETE, OPTIONS');
    expect(preflight.headers.get('access-control-allow-headers')?.split(', ').sort()).toEqual([
      'authorization',
      'content-type',
      'range',
      'secret-chat-delete-hash',
      'secret-chat-delete-token',
      'secret-chat-ttl-hours',
    ]);
    const missing = await fetch(urlOf(relay, piece));
    expect(missing.headers.get('access-control-allow-origin')).toBe('*');
    expect(missing.headers.get('access-control-expose-headers')).toContain('secret-chat-error');
  });

  test('a private relay wants its token for putting, not for reading or deleting', async () => {
    const token = 'correct-horse-battery-staple';
    const relay = await testRelay({ token });
    const piece = newPiece();
    expect(await answer(await put(relay, piece))).toEqual([401, 'TOKEN_REQUIRED']);
    expect(await answer(await put(relay, piece, { authorization: 'Bearer wrong' }))).toEqual([401, 'WRONG_TOKEN']);
    expect((await put(relay, piece, { authorization: `Bearer ${token}` })).status).toBe(201);
    expect(await read(await fetch(urlOf(relay, piece)))).toEqual(piece.bytes);
    expect((await remove(relay, piece)).status).toBe(204);
  });

  test('one network may use a share of the budget in a day; what was not stored is given back', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock, limits: { pieceBytes: 4 * 1_048_576, pieceShare: 0.5 } });
    const [first, second, third] = [newPiece(1_048_576), newPiece(1_048_576), newPiece(1_048_576)];
    expect((await put(relay, first)).status).toBe(201);
    expect((await put(relay, first)).status).toBe(200);
    expect((await put(relay, second)).status).toBe(201);
    const refused = await put(relay, third);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3600);
    expect(await answer(refused)).toEqual([429, 'RATE_LIMITED']);
    clock.advance(12 * HOUR_MS);
    expect((await put(relay, third)).status).toBe(201);
  });

  test('all pieces together have a budget', async () => {
    const relay = await testRelay({ trustedProxies: ['loopback'], limits: { pieceBytes: 2 * 65_536, pieceShare: 1 } });
    const networks = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
    const statuses = await Promise.all(
      networks.map(async (network) => (await put(relay, newPiece(), { 'x-forwarded-for': network })).status),
    );
    expect(statuses.sort()).toEqual([201, 201, 507]);
  });

  test('many at once come back exact, without a word of Node about it', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
    const relay = await testRelay();
    const pieces = Array.from({ length: 24 }, (_, i) => newPiece(i % 3 === 0 ? 1_048_576 : 65_536));
    await Promise.all(pieces.map(async (piece) => expect((await put(relay, piece)).status).toBe(201)));
    await Promise.all(
      pieces.map(async (piece) =>
        expect(sha256(await read(await fetch(urlOf(relay, piece))))).toEqual(sha256(piece.bytes)),
      ),
    );
    // As a slow client does, which makes the relay wait many times for one answer.
    const [large] = pieces as [Piece];
    const request = http.get(urlOf(relay, large), { highWaterMark: 1024 } as http.RequestOptions);
    const response = await new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve));
    const hash = createHash('sha256');
    for await (const block of response) {
      hash.update(block as Buffer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(new Uint8Array(hash.digest())).toEqual(sha256(large.bytes));
    expect(warnings).toEqual([]);
  });

  test('too many at the same time are asked to come again', async () => {
    const relay = await testRelay({ limits: { piecesInFlight: 1 } });
    const [slow, other] = [newPiece(), newPiece()];
    const request = http.request(urlOf(relay, slow), {
      method: 'PUT',
      headers: { ...deleteHash(slow), 'content-length': '65536' },
    });
    const done = new Promise<number>((resolve) =>
      request.on('response', (response) => resolve(response.statusCode ?? 0)),
    );
    await new Promise<void>((resolve) => request.write(slow.bytes.subarray(0, 1000), () => resolve()));
    await expect.poll(async () => (await put(relay, other)).status).toBe(503);
    request.end(slow.bytes.subarray(1000));
    expect(await done).toBe(201);
    expect((await put(relay, other)).status).toBe(201);
  });

  test('one network leaves room for the others', async () => {
    const relay = await testRelay({
      trustedProxies: ['loopback'],
      limits: { piecesInFlight: 2, piecesInFlightPerNetwork: 1 },
    });
    const [slow, other] = [newPiece(), newPiece()];
    const [greedy, calm] = [{ 'x-forwarded-for': '192.0.2.1' }, { 'x-forwarded-for': '192.0.2.2' }];
    const request = http.request(urlOf(relay, slow), {
      method: 'PUT',
      headers: { ...deleteHash(slow), ...greedy, 'content-length': '65536' },
    });
    const done = new Promise((resolve) => request.on('response', resolve));
    await new Promise<void>((resolve) => request.write(slow.bytes.subarray(0, 1000), () => resolve()));
    await expect.poll(async () => answer(await put(relay, other, greedy))).toEqual([429, 'RATE_LIMITED']);
    expect((await put(relay, other, calm)).status).toBe(201);
    request.end(slow.bytes.subarray(1000));
    await done;
    await expect.poll(async () => (await put(relay, newPiece(), greedy)).status).toBe(201);
  });
});

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.runIf(hasCurl())('curl puts, reads a range, reads the rest, and deletes', async () => {
  const relay = await testRelay();
  const folder = mkdtempSync(join(tmpdir(), 'secret-chat-curl-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const piece = newPiece(1_048_576);
  const [source, target] = [join(folder, 'source'), join(folder, 'target')];
  writeFileSync(source, piece.bytes);
  const curl = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('curl', ['-s', '-w', '%{http_code}', ...args, urlOf(relay, piece)]);
    return stdout;
  };
  const hash = `secret-chat-delete-hash: ${toHex(sha256(piece.token))}`;
  expect(await curl('-T', source, '-H', hash, '-H', 'Expect: 100-continue')).toBe('201');
  expect(await curl('-o', target, '-r', '1000-1999')).toBe('206');
  expect(new Uint8Array(readFileSync(target))).toEqual(piece.bytes.slice(1000, 2000));
  expect(await curl('-o', target)).toBe('200');
  expect(sha256(readFileSync(target))).toEqual(sha256(piece.bytes));
  expect(await curl('-X', 'DELETE', '-H', `secret-chat-delete-token: ${toHex(piece.token)}`)).toBe('204');
  expect(await curl('-o', target)).toBe('404');
});

describe('pieces asked for in a row', () => {
  test('by a client that goes away without reading leave nothing under way', async () => {
    const relay = await testRelay({ limits: { piecesInFlight: 20, drainSeconds: 60 } });
    const piece = newPiece(1_048_576);
    await put(relay, piece);
    // What the systems of both sides take into their buffers is answered; the others wait for their turn.
    for (let i = 0; i < 3; i++) {
      const socket = net.connect(relay.port, '127.0.0.1');
      socket.write(`GET ${piecePath(piece.id)} HTTP/1.1\r\nHost: relay\r\n\r\n`.repeat(20));
      await once(socket, 'readable');
      socket.destroy();
    }
    await expect.poll(async () => (await fetch(urlOf(relay, piece), { method: 'HEAD' })).status).toBe(200);
    // Which waits for what is under way.
    await relay.close();
  });

  test('by a client that reads too slowly are not waited for without end', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock, limits: { piecesInFlight: 1, requestSeconds: 300 } });
    const piece = newPiece(1_048_576);
    await put(relay, piece);
    const socket = net.connect(relay.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    // One of them is more than the systems of both sides take into their buffers.
    socket.write(`GET ${piecePath(piece.id)} HTTP/1.1\r\nHost: relay\r\n\r\n`.repeat(20));
    const status = async () => (await fetch(urlOf(relay, piece), { method: 'HEAD' })).status;
    await expect.poll(async () => [await status(), await status(), await status()]).toEqual([503, 503, 503]);
    clock.advance(299_000);
    expect(await status()).toBe(503);
    clock.advance(1_000);
    await expect.poll(status).toBe(200);
    socket.resume();
    await closed;
  });

  test('are so many at most: a client that asks for thousands without an answer is cut', async () => {
    const relay = await testRelay();
    const piece = newPiece();
    await put(relay, piece);
    const ask = `HEAD ${piecePath(piece.id)} HTTP/1.1\r\nHost: relay\r\n\r\n`;
    /** Answers on one connection until it ends; each round of requests is sent after the answers to the one before. */
    const answers = async (count: number, rounds: number) => {
      const socket = net.connect(relay.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      let said = '';
      let sent = 0;
      const found = () => said.split('HTTP/1.1 200').length - 1;
      const next = () => {
        if (sent < rounds && found() === sent * count) {
          sent++;
          socket.write(ask.repeat(count));
        } else if (found() === rounds * count) {
          socket.end();
        }
      };
      socket.on('data', (data) => {
        said += data;
        next();
      });
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      next();
      await closed;
      return found();
    };
    expect(await answers(64, 3)).toBe(192);
    expect(await answers(2_000, 1)).toBeLessThan(64);
    expect((await fetch(urlOf(relay, piece), { method: 'HEAD' })).status).toBe(200);
  });

  test('come whole and in order', async () => {
    const relay = await testRelay({ limits: { piecesInFlight: 1 } });
    const pieces = [newPiece(), newPiece(), newPiece()];
    for (const piece of pieces) {
      await put(relay, piece);
    }
    const socket = net.connect(relay.port, '127.0.0.1');
    const asked = pieces.map(({ id }, i) => {
      return `GET ${piecePath(id)} HTTP/1.1\r\nHost: relay\r\n${i === 2 ? 'Connection: close\r\n' : ''}\r\n`;
    });
    socket.write(asked.join(''));
    const all = Buffer.concat(await socket.toArray());
    const found = pieces.map(({ bytes }) => all.indexOf(bytes));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(0);
  });
});
