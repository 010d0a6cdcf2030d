import {
  encodeFrame,
  MAX_FRAME_SIZE,
  MAX_REQUEST_ID,
  type RelayErrorCode,
  type Reply,
  replySchemas,
} from '@secret-chat/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PING_AFTER_MS, SILENT_AFTER_MS, UNANSWERED_AFTER_MS } from '../../src/link/heartbeat.ts';
import { PendingRequests } from '../../src/link/pending-requests.ts';
import { RECONNECT_BACKOFF } from '../../src/link/reconnecting-link.ts';
import type { SocketEvents } from '../../src/link/transport.ts';
import { settled } from '../support/fake-clock.ts';
import type { Turn } from '../support/relay-side.ts';
import {
  bytes,
  card,
  envelope,
  expectCode,
  MailboxLog,
  mailbox,
  onlineRig,
  ownCard,
  type Rig,
  refusalOf,
  rig,
} from './rig.ts';

const hello = { op: 'hello', nonce: new Uint8Array(32), tokenRequired: false, software: 'x' } as const;

/** Something is under way, and what the relay sends ends it. */
async function expectMisbehaved({ link, relay, clock }: Rig, lie: () => void): Promise<void> {
  relay.on('getCard', () => {});
  const call = refusalOf(link.getCard(ownCard().locator));
  await settled();
  lie();
  expect((await call).code).toBe('RELAY_MISBEHAVED');
  expect(link.state.state).toBe('waiting');
  await settled();
  expect(relay.connections.size).toBe(0);
  relay.honest();
  await clock.advance(RECONNECT_BACKOFF.firstMs);
  expect(link.state.state).toBe('online');
}

describe('a relay that breaks the protocol', () => {
  test.each<[string, () => Uint8Array]>([
    ['garbage', () => bytes(100)],
    ['nothing', () => new Uint8Array(0)],
    ['a frame too large', () => new Uint8Array(MAX_FRAME_SIZE + 1)],
    ['an operation that is none', () => Uint8Array.from([0xa1, 0x62, 0x6f, 0x70, 0x61, 0x78])],
    ['a frame with something after it', () => Uint8Array.from([...encodeFrame(replySchemas, hello), 0])],
    ['a second hello', () => encodeFrame(replySchemas, hello)],
    ['an answer to what was not asked', () => encodeFrame(replySchemas, { op: 'ok', id: 2 })],
    ['an answer with no id', () => encodeFrame(replySchemas, { op: 'ok', id: 0 })],
    ['an answer with the last id', () => encodeFrame(replySchemas, { op: 'ok', id: MAX_REQUEST_ID })],
    ['an error to what was not asked', () => encodeFrame(replySchemas, { op: 'error', id: 7, code: 'GONE' })],
  ])('%s', async (_name, lie) => {
    const made = await onlineRig();
    await expectMisbehaved(made, () => made.relay.sendBytes(lie()));
  });

  test('any bytes either are a frame or end the connection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (lie) => {
        const made = await onlineRig();
        await expectMisbehaved(made, () => made.relay.sendBytes(lie));
      }),
      { numRuns: 50 },
    );
  });

  test('before hello', async () => {
    const { link, relay } = await rig();
    relay.hello = () => ({ op: 'ok', id: 1 });
    link.hold();
    await settled();
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'the relay did not say hello' });
  });

  test.each<[string, (rig: Rig) => Promise<unknown>]>([
    ['a card', ({ link }) => link.getCard(ownCard().locator)],
    ['a count', ({ link }) => link.putCard(ownCard(), card(), [], 26)],
    ['a count', ({ link }) => link.addPrekeys(ownCard(), [])],
  ])('`ok` without %s', async (_name, call) => {
    const made = await onlineRig();
    for (const operation of ['getCard', 'putCard', 'addPrekeys'] as const) {
      made.relay.on(operation, (turn) => turn.ok());
    }
    await expectCode(call(made), 'RELAY_MISBEHAVED');
    expect(made.link.state.state).toBe('waiting');
  });

  test('a second answer says nothing new', async () => {
    const { link, relay } = await onlineRig();
    relay.on('getCard', (turn) => {
      turn.refuse('GONE');
      turn.ok({ card: card() });
      turn.refuse('RELAY_FULL');
    });
    expect(await refusalOf(link.getCard(ownCard().locator))).toMatchObject({ relayCode: 'GONE' });
    await settled();
    expect(link.state.state).toBe('online');
  });
});

describe('errors that end the connection', () => {
  test.each<RelayErrorCode>(['MALFORMED', 'UNKNOWN_OPERATION', 'WRONG_TOKEN'])(
    '%s rejects the request with it, and others as unreachable',
    async (code) => {
      const { link, relay, clock } = await onlineRig();
      relay.on('put', () => {});
      const other = refusalOf(link.put(mailbox().address, envelope(), 24));
      relay.on('getCard', (turn) => turn.refuse(code));
      const refused = await refusalOf(link.getCard(ownCard().locator));
      expect(refused).toMatchObject({ code: 'RELAY_REFUSED', relayCode: code });
      expect(await other).toMatchObject({ code: 'RELAY_UNREACHABLE' });
      expect(link.state).toMatchObject({ state: 'waiting', reason: `the relay ended the connection: ${code}` });
      await clock.advance(RECONNECT_BACKOFF.firstMs);
      expect(link.state.state).toBe('online');
    },
  );

  test.each<[string, (turn: Turn<'getCard'>) => void]>([
    [
      'a frame that the relay could not read',
      (turn) => turn.connection.reply({ op: 'error', id: 0, code: 'MALFORMED' }),
    ],
    ['whatever is wrong with it', (turn) => turn.connection.reply({ op: 'error', id: 0, code: 'GONE' })],
    ['an id that came twice: what became of the first request is not known', (turn) => turn.refuse('STALE_ID')],
  ])('%s', async (_name, refuse) => {
    const { link, relay } = await onlineRig();
    relay.on('getCard', refuse);
    await expectCode(link.getCard(ownCard().locator), 'RELAY_UNREACHABLE');
    expect(link.state.state).toBe('waiting');
  });
});

describe('a connection that is dead', () => {
  test('though it looks open is noticed, and a new one dialled', async () => {
    const { link, clock, transport } = await onlineRig();
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    await settled();
    transport.last.isStalled = true;
    await clock.advance(PING_AFTER_MS + SILENT_AFTER_MS - 1);
    expect(link.state.state).toBe('online');
    await clock.advance(1);
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'the relay has gone silent' });
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.told).toEqual(['subscribed', 'drained', 'offline', 'subscribed', 'drained']);
    expect(transport.sockets.size).toBe(1);
  });

  test('is noticed sooner when an answer is due', async () => {
    const { link, clock, transport } = await onlineRig();
    await clock.advance(PING_AFTER_MS / 2);
    transport.last.isStalled = true;
    const call = refusalOf(link.put(mailbox().address, envelope(), 24));
    await clock.advance(SILENT_AFTER_MS);
    expect(await call).toMatchObject({ code: 'RELAY_UNREACHABLE', message: 'the relay has gone silent' });
  });

  test('is not one on which nothing happens', async () => {
    const { link, clock, relay, transport, states } = await onlineRig();
    await clock.advance(60 * 60_000);
    expect(link.state.state).toBe('online');
    expect(transport.dialled).toBe(1);
    const pings = relay.count('ping');
    expect(pings).toBeGreaterThan(60);
    expect(pings).toBeLessThan(150);
    expect(states).toHaveLength(2);
  });

  test('is not pinged while something is heard', async () => {
    const { relay, clock, link } = await onlineRig();
    const box = mailbox();
    link.watch(box, new MailboxLog());
    await settled();
    for (let i = 0; i < 20; i++) {
      await clock.advance(PING_AFTER_MS / 2);
      relay.say({ op: 'envelope', address: box.address, envelope: envelope() });
    }
    expect(relay.count('ping')).toBe(0);
  });

  test('an answer that never comes ends a connection on which others come', async () => {
    const { link, clock, relay } = await onlineRig();
    relay.on('getCard', () => {});
    let ended: number | undefined;
    const call = refusalOf(link.getCard(ownCard().locator)).then((error) => {
      ended = clock.monotonicMs();
      return error;
    });
    for (let i = 0; i < 100 && ended === undefined; i++) {
      await link.addPrekeys(ownCard(), []).catch(() => {});
      await clock.advance(1000);
    }
    expect(await call).toMatchObject({ code: 'RELAY_UNREACHABLE', message: 'the relay does not answer' });
    expect(ended).toBeLessThan(UNANSWERED_AFTER_MS + 2000);
    expect(ended).toBeGreaterThan(UNANSWERED_AFTER_MS - 1000);
  });

  test('an answer that comes late is an answer', async () => {
    const { link, clock, relay } = await onlineRig();
    let late: Turn<'getCard'> | undefined;
    relay.on('getCard', (turn) => {
      late = turn;
    });
    // Silence counts from when something was to be heard.
    await clock.advance(PING_AFTER_MS - 1);
    const call = link.getCard(ownCard().locator);
    await clock.advance(SILENT_AFTER_MS - 1);
    const sealed = card();
    late?.ok({ card: sealed });
    expect(await call).toEqual(sealed);
  });

  test('says nothing any more, whatever its socket still brings', async () => {
    const { link, transport, clock } = await rig();
    const sockets: SocketEvents[] = [];
    transport.connect = (_origin, _subprotocol, events) => {
      sockets.push(events);
      return { send: () => {}, backlog: 0, close: () => {} };
    };
    const said = (reply: Reply) => sockets[0]?.message(encodeFrame(replySchemas, reply));
    const [box, log] = [mailbox(), new MailboxLog()];
    link.watch(box, log);
    link.hold();
    sockets[0]?.open();
    said(hello);
    said({ op: 'ok', id: 1 });
    said({ op: 'ok', id: 2 });
    const call = refusalOf(link.getCard(ownCard().locator));
    sockets[0]?.message(bytes(10));
    said({ op: 'envelope', address: box.address, envelope: envelope() });
    said({ op: 'ok', id: 3, card: card() });
    sockets[0]?.message(bytes(10));
    expect((await call).code).toBe('RELAY_MISBEHAVED');
    expect(log.told).toEqual(['subscribed', 'offline']);
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    said({ op: 'envelope', address: box.address, envelope: envelope() });
    sockets[0]?.close('at last');
    await settled();
    expect(log.told).toEqual(['subscribed', 'offline']);
    expect(link.state.state).toBe('connecting');
  });

  test('nothing of the old connection reaches the new one', async () => {
    const { link, clock, transport, relay } = await onlineRig();
    const [box, log] = [mailbox(), new MailboxLog()];
    link.watch(box, log);
    await settled();
    const old = transport.last;
    const [oldSide] = relay.connections;
    old.isStalled = true;
    await clock.advance(60_000);
    expect(link.state.state).toBe('online');
    const told = log.told.length;
    oldSide?.reply({ op: 'envelope', address: box.address, envelope: envelope() });
    oldSide?.reply({ op: 'displaced', address: box.address });
    oldSide?.reply({ op: 'ok', id: 99 });
    oldSide?.send(bytes(10));
    old.isStalled = false;
    while (old.step('down')) {}
    old.cut();
    await settled();
    expect(log.told).toHaveLength(told);
    expect(link.state.state).toBe('online');
  });
});

test('ids begin at 1, grow, and end', () => {
  const pending = new PendingRequests();
  expect([pending.nextId(), pending.nextId()]).toEqual([1, 2]);
  expect([0, 1, 2, 3].map((id) => pending.wasSent(id))).toEqual([false, true, true, false]);
});
