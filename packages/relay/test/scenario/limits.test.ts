import net from 'node:net';
import { encodeFrame, requestSchemas } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { envelope, newOwner, sha256 } from '../support/client.ts';
import { Gate, gatedStore } from '../support/gated-store.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const error = (code: string) => expect.objectContaining({ op: 'error', code });
/** Comparing hashes is much faster than comparing arrays. */
const hex = (bytes: Uint8Array) => Buffer.from(sha256(bytes)).toString('hex');
const proxied = (address: string) => ({ headers: { 'x-forwarded-for': address } });

describe('rates', () => {
  test('mailboxes opened in an hour, by network; renewing is free', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock, trustedProxies: ['loopback'], limits: { mailboxesPerHour: 2 } });
    const here = await relay.connect(proxied('2001:db8:1:2::1'));
    const neighbour = await relay.connect(proxied('2001:db8:1:2:ffff::9'));
    const elsewhere = await relay.connect(proxied('2001:db8:1:3::1'));
    const [a, b, c] = [newOwner(), newOwner(), newOwner()];
    expect(await here.open(a)).toEqual(ok);
    expect(await neighbour.open(b)).toEqual(ok);
    expect(await here.open(c)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_800_000 });
    expect(await here.open(a)).toEqual(ok);
    expect(await elsewhere.open(c)).toEqual(ok);
    clock.advance(1_800_000);
    expect(await here.open(newOwner())).toEqual(ok);
    expect(await here.open(newOwner())).toEqual(error('RATE_LIMITED'));
  });

  test('puts on one connection', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock, limits: { putsPerSecond: 5 } });
    const [busy, other] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await busy.open(owner);
    const answers = await Promise.all(Array.from({ length: 12 }, () => busy.put(owner.address, envelope())));
    expect(answers.map(({ op }) => op)).toEqual([...Array(10).fill('ok'), 'error', 'error']);
    expect(answers[10]).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 200 });
    expect(await other.put(owner.address, envelope())).toEqual(ok);
    clock.advance(200);
    expect(await busy.put(owner.address, envelope())).toEqual(ok);
  });

  test('a share of the budget for envelopes in a day, by network; what was not stored is given back', async () => {
    const clock = new FakeClock();
    const limits = { envelopeBytes: 40_960, envelopeShare: 0.5 };
    const relay = await testRelay({ effects: clock, trustedProxies: ['loopback'], limits });
    const [here, elsewhere] = [await relay.connect(proxied('192.0.2.1')), await relay.connect(proxied('192.0.2.2'))];
    const owner = newOwner();
    await here.open(owner);
    const first = envelope();
    for (const bytes of [first, first, envelope(), envelope(), envelope(), envelope()]) {
      expect(await here.put(owner.address, bytes)).toEqual(ok);
    }
    expect(await here.put(newOwner().address, envelope())).toEqual(error('RATE_LIMITED'));
    expect(await here.put(owner.address, envelope())).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 17_280_000 });
    expect(await elsewhere.put(owner.address, envelope())).toEqual(ok);
    clock.advance(17_280_000);
    expect(await here.put(newOwner().address, envelope())).toEqual(error('GONE'));
    expect(await here.put(owner.address, envelope())).toEqual(ok);
  });

  test('frames on one connection: a flood is read more slowly, others are not', async () => {
    const relay = await testRelay({ limits: { framesPerSecond: 200 } });
    const [flood, calm] = [await relay.connect(), await relay.connect()];
    // 400 at once, then 200 a second: whatever of it was read already is owed.
    const begun = performance.now();
    await Promise.all(Array.from({ length: 800 }, () => flood.ask({ op: 'ping' })));
    const started = performance.now();
    const next = flood.ask({ op: 'ping' });
    expect(await calm.ask({ op: 'ping' })).toEqual(ok);
    expect(performance.now() - started).toBeLessThan(500);
    expect(await next).toEqual(ok);
    expect(performance.now() - begun).toBeGreaterThan(1_900);
  });

  test('pings and pongs count as frames', async () => {
    const relay = await testRelay({ limits: { framesPerSecond: 200 } });
    for (const kind of ['ping', 'pong'] as const) {
      const flood = await relay.connect();
      const begun = performance.now();
      for (let i = 0; i < 800; i++) {
        // As fast as they are answered: more than a few unanswered ones end the connection.
        flood.socket[kind]();
        if (i % 40 === 0) {
          await flood.ask({ op: 'ping' });
        }
      }
      await flood.ask({ op: 'ping' });
      expect(performance.now() - begun).toBeGreaterThan(1_900);
    }
  });

  test('a proof counts as several frames, also a wrong one', async () => {
    const relay = await testRelay({ limits: { framesPerSecond: 200 } });
    const flood = await relay.connect();
    const [owner, other] = [newOwner(), newOwner()];
    const { ownerKey, random } = owner;
    const begun = performance.now();
    await Promise.all(Array.from({ length: 160 }, () => flood.askSigned({ op: 'subscribe', ownerKey, random }, other)));
    await flood.ask({ op: 'ping' });
    expect(flood.of('error').map(({ code }) => code)).toEqual(Array(160).fill('BAD_PROOF'));
    expect(performance.now() - begun).toBeGreaterThan(1_900);
  });

  test('a hundred thousand tiny frames leave nothing behind', async () => {
    const relay = await testRelay();
    const [flood, calm] = [await relay.connect(), await relay.connect()];
    for (let id = 1; id <= 100_000; id++) {
      flood.send(encodeFrame(requestSchemas, { op: 'ping', id }));
    }
    expect(await calm.ask({ op: 'ping' })).toEqual(ok);
    await flood.next('ok', 1);
    await flood.until(() => flood.replies.length === 100_001);
    expect(flood.of('error')).toEqual([]);
  });
});

describe('connections', () => {
  test('of one network are counted, with those that say nothing', async () => {
    const relay = await testRelay({ limits: { connectionsPerNetwork: 3 } });
    const [first] = [await relay.connect(), await relay.connect()];
    const silent = net.connect(relay.port, '127.0.0.1');
    await new Promise((resolve) => silent.on('connect', resolve));
    await expect(relay.connect()).rejects.toThrow('closed');
    silent.destroy();
    await expect
      .poll(() =>
        relay.connect().then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('open');
    expect(await first?.ask({ op: 'ping' })).toEqual(ok);
  });

  test('behind a proxy by what it forwards, which others cannot claim', async () => {
    const relay = await testRelay({ trustedProxies: ['loopback'], limits: { connectionsPerNetwork: 1 } });
    await relay.connect(proxied('192.0.2.1'));
    await expect(relay.connect(proxied('192.0.2.1'))).rejects.toThrow();
    // What the client itself wrote stands further left.
    await expect(relay.connect(proxied('198.51.100.7, 192.0.2.1'))).rejects.toThrow();
    await relay.connect(proxied('192.0.2.2'));
    const direct = await testRelay({ limits: { connectionsPerNetwork: 1 } });
    await direct.connect(proxied('192.0.2.1'));
    await expect(direct.connect(proxied('192.0.2.2'))).rejects.toThrow();
  });

  test('in all', async () => {
    const relay = await testRelay({ limits: { connections: 2 } });
    await relay.connect();
    await relay.connect();
    await expect(relay.connect()).rejects.toThrow();
  });

  test('that answer no ping are cut', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock, limits: { heartbeatSeconds: 30 } });
    const alive = await relay.connect();
    const deaf = await relay.connect({ autoPong: false });
    clock.advance(30_000);
    await new Promise((resolve) => alive.socket.once('ping', resolve));
    expect(await alive.ask({ op: 'ping' })).toEqual(ok);
    clock.advance(30_000);
    await deaf.closed;
    expect(await alive.ask({ op: 'ping' })).toEqual(ok);
  });

  test('that ask and do not read are cut; nothing is lost, nobody else notices', async () => {
    const relay = await testRelay({ limits: { backlogBytes: 200_000, pushBacklogBytes: 100_000 } });
    const [slow, calm] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await calm.open(owner);
    const sent = Array.from({ length: 3 }, () => envelope(16_384));
    await Promise.all(sent.map((bytes) => calm.put(owner.address, bytes)));
    slow.socket.pause();
    const { ownerKey, random } = owner;
    for (let i = 0; i < 1_000 && slow.socket.readyState === slow.socket.OPEN; i++) {
      slow.send(slow.signedFrame({ op: 'exportMailbox', ownerKey, random }, owner));
    }
    await expect
      .poll(
        async () => {
          await calm.ask({ op: 'ping' });
          slow.socket.resume();
          return slow.isClosed;
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    await calm.subscribe(owner);
    await calm.next('drained');
    expect(calm.of('envelope').map((frame) => frame.envelope)).toEqual(sent);
  });

  test('a slow reader of a full mailbox gets everything, and the relay holds little meanwhile', async () => {
    const limits = { backlogBytes: 200_000, pushBacklogBytes: 40_000, envelopesInFlight: 1_000 };
    const relay = await testRelay({ limits });
    const [reader, writer] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await reader.open(owner);
    const sent = Array.from({ length: 400 }, () => envelope(16_384));
    await Promise.all(sent.map((bytes) => writer.put(owner.address, bytes)));
    reader.socket.pause();
    void reader.subscribe(owner);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await writer.ask({ op: 'ping' })).toEqual(ok);
    reader.socket.resume();
    await reader.next('drained');
    expect(reader.of('envelope').map((frame) => hex(frame.envelope))).toEqual(sent.map(hex));
    // And live again afterwards.
    await writer.put(owner.address, envelope());
    await reader.next('envelope', 401);
  });

  test('unanswered requests are bounded: the rest waits in the client', async () => {
    const relay = await testRelay({ limits: { requestsInFlight: 2 } });
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner);
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.put(owner.address, envelope())));
    expect(answers).toEqual(Array(100).fill(ok));
  });

  test('bytes of requests that wait for the store are bounded, whatever they wait behind', async () => {
    const opens = new Gate();
    const relay = await testRelay({
      store: gatedStore({ openMailbox: opens }),
      limits: { requestBacklogBytes: 50_000 },
    });
    const [first, second] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await first.open(owner);
    opens.shut();
    const opened = first.open(owner);
    const bytes = Array.from({ length: 5 }, () => envelope(16_384));
    const answers = bytes.map((each) => first.put(owner.address, each));
    // What is small still gets through, as acknowledgements do: they make room.
    expect(await first.ask({ op: 'ping' })).toEqual(ok);
    expect(first.of('error')).toHaveLength(2);
    expect(await second.put(owner.address, envelope(16_384))).toEqual(error('UNAVAILABLE'));
    opens.open();
    expect(await opened).toEqual(ok);
    const codes = (await Promise.all(answers)).map((answer) => (answer.op === 'error' ? answer.code : answer.op));
    expect(codes).toEqual(['ok', 'ok', 'ok', 'UNAVAILABLE', 'UNAVAILABLE']);
    expect(await second.put(owner.address, envelope(16_384))).toEqual(ok);
  });

  test('subscriptions on one connection', async () => {
    const relay = await testRelay({ limits: { subscriptionsPerConnection: 2 } });
    const client = await relay.connect();
    const owners = [newOwner(), newOwner(), newOwner()];
    await Promise.all(owners.map((owner) => client.open(owner)));
    const answers = [];
    for (const owner of owners) {
      answers.push(await client.subscribe(owner));
    }
    expect(answers).toEqual([ok, ok, error('RATE_LIMITED')]);
    await client.closeMailbox(owners[0] as (typeof owners)[number]);
    expect(await client.subscribe(owners[2] as (typeof owners)[number])).toEqual(ok);
  });
});
