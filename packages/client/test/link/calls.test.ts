import { describe, expect, test } from 'vitest';
import { CLOSE_MS, LINGER_MS } from '../../src/link/reconnecting-link.ts';
import type { SocketEvents } from '../../src/link/transport.ts';
import { settled } from '../support/fake-clock.ts';
import type { Turn } from '../support/relay-side.ts';
import {
  card,
  envelope,
  expectCode,
  MailboxLog,
  mailbox,
  nameOf,
  onlineRig,
  ownCard,
  prekeys,
  refusalOf,
  rig,
} from './rig.ts';

describe('a call', () => {
  test('without a connection is refused at once', async () => {
    const { link, transport } = await rig();
    const own = ownCard();
    await expectCode(link.put(own.inviteId, envelope(), 24), 'RELAY_UNREACHABLE');
    link.hold();
    await expectCode(link.getCard(own.locator), 'RELAY_UNREACHABLE');
    expect(transport.dialled).toBe(1);
  });

  test('that waits holds the link until it is answered', async () => {
    const { link, relay, clock, transport } = await rig();
    const box = mailbox();
    relay.memory.open(box.address);
    transport.isReachable = false;
    const puts = [1, 2, 3].map(() => link.put(box.address, envelope(), 24, { wait: true }));
    await clock.advance(10 * LINGER_MS);
    expect(link.state.state).not.toBe('idle');
    transport.isReachable = true;
    link.retryNow();
    await Promise.all(puts);
    expect(relay.count('put')).toBe(3);
    expect(link.state.state).toBe('online');
    await clock.advance(LINGER_MS);
    expect(link.state.state).toBe('idle');
  });

  test('that waited ends with the connection it was begun on', async () => {
    const { link, relay, transport } = await rig();
    relay.on('getCard', ({ connection }) => connection.cut());
    const call = link.getCard(ownCard().locator, { wait: true });
    await expectCode(call, 'RELAY_UNREACHABLE');
    expect(transport.dialled).toBe(1);
  });

  test('under way keeps a link that nobody holds', async () => {
    const { link, relay, clock } = await rig();
    let late: Turn<'getCard'> | undefined;
    relay.on('getCard', (turn) => {
      late = turn;
    });
    const release = link.hold();
    await settled();
    const call = link.getCard(ownCard().locator);
    release();
    await clock.advance(2 * LINGER_MS);
    expect(link.state.state).toBe('online');
    const sealed = card();
    late?.ok({ card: sealed });
    expect(await call).toEqual(sealed);
  });

  test('brings the relay’s refusal', async () => {
    const { link, relay } = await onlineRig();
    const gone = await refusalOf(link.getCard(ownCard().locator));
    expect(gone).toMatchObject({ code: 'RELAY_REFUSED', relayCode: 'GONE', retryAfterMs: undefined });
    relay.on('takePrekey', (turn) => turn.refuse('RATE_LIMITED', 1234));
    const limited = await refusalOf(link.takePrekey(ownCard().locator));
    expect(limited).toMatchObject({ code: 'RELAY_REFUSED', relayCode: 'RATE_LIMITED', retryAfterMs: 1234 });
    expect(link.state.state).toBe('online');
  });

  test('with arguments that no relay takes is refused at once', async () => {
    const { link, relay } = await onlineRig();
    const [own, box, options] = [ownCard(), mailbox(), { wait: true }];
    await expectCode(link.put(box.address, envelope(4095), 24, options), 'INVALID_ARGUMENT');
    await expectCode(link.put(box.address.subarray(1), envelope(), 24, options), 'INVALID_ARGUMENT');
    for (const hours of [0, 721, 1.5, Number.NaN]) {
      await expectCode(link.put(box.address, envelope(), hours, options), 'INVALID_ARGUMENT');
    }
    await expectCode(link.putCard(own, card().subarray(1), [], 26, options), 'INVALID_ARGUMENT');
    await expectCode(link.putCard(own, card(), [envelope()], 26, options), 'INVALID_ARGUMENT');
    await expectCode(link.putCard(own, card(), [...prekeys(40), envelope()], 26, options), 'INVALID_ARGUMENT');
    await expectCode(link.putCard(own, card(), [], 105, options), 'INVALID_ARGUMENT');
    await expectCode(link.getCard(own.locator.subarray(1), options), 'INVALID_ARGUMENT');
    await expectCode(link.takePrekey(own.locator.subarray(1), options), 'INVALID_ARGUMENT');
    await expectCode(link.closeMailbox({ ...box, random: own.locator.subarray(1) }, options), 'INVALID_ARGUMENT');
    await expectCode(link.removeCard({ ...own, inviteId: own.locator.subarray(1) }, options), 'INVALID_ARGUMENT');
    await expectCode(link.exportMailbox({ ...box, random: own.locator.subarray(1) }, options), 'INVALID_ARGUMENT');
    await expectCode(link.exportCard({ ...own, inviteId: own.locator.subarray(1) }, options), 'INVALID_ARGUMENT');
    own.owner.privateKey.wipe();
    await expectCode(link.removeCard(own, options), 'INVALID_ARGUMENT');
    expect(relay.requests).toEqual([]);
    expect(link.state.state).toBe('online');
  });
});

describe('an abort', () => {
  test('before the call, while it waits, and while it is under way', async () => {
    const { link, relay, transport } = await rig();
    const reason = new Error('changed my mind');
    const early = await refusalOf(link.getCard(ownCard().locator, { wait: true, signal: AbortSignal.abort(reason) }));
    expect(early).toMatchObject({ code: 'ABORTED', cause: reason });
    expect(transport.dialled).toBe(0);

    transport.isReachable = false;
    const waiting = new AbortController();
    const call = link.getCard(ownCard().locator, { wait: true, signal: waiting.signal });
    await settled();
    waiting.abort();
    await expectCode(call, 'ABORTED');
    transport.isReachable = true;
    link.retryNow();
    await settled();
    expect(link.state.state).toBe('online');
    expect(relay.requests).toEqual([]);

    const underWay = new AbortController();
    const turns: Turn<'getCard'>[] = [];
    relay.on('getCard', (turn) => turns.push(turn));
    const asked = link.getCard(ownCard().locator, { signal: underWay.signal });
    await settled();
    underWay.abort();
    await expectCode(asked, 'ABORTED');
    // Its answer may come all the same.
    turns[0]?.ok({ card: card() });
    await settled();
    expect(link.state.state).toBe('online');
  });

  test('of an envelope that was not sent yet: it never is, and what follows keeps its order', async () => {
    const { link, relay } = await onlineRig();
    const box = mailbox();
    const turns: Turn<'put'>[] = [];
    relay.on('put', (turn) => turns.push(turn));
    const controller = new AbortController();
    const envelopes = Array.from({ length: 70 }, () => envelope());
    const puts = envelopes.map((bytes, i) =>
      link.put(box.address, bytes, 24, i === 66 ? { signal: controller.signal } : {}),
    );
    await settled();
    expect(turns).toHaveLength(64);
    controller.abort();
    await expectCode(puts[66] as Promise<void>, 'ABORTED');
    for (let answered = 0; answered < turns.length; answered++) {
      turns[answered]?.ok();
      await settled();
    }
    await Promise.all(puts.filter((_, i) => i !== 66));
    expect(turns.map(({ request }) => nameOf(request.envelope))).toEqual(
      envelopes.filter((_, i) => i !== 66).map(nameOf),
    );
  });

  test('between the frames of one call ends it', async () => {
    const { link, relay } = await onlineRig();
    const controller = new AbortController();
    relay.on('addPrekeys', (turn) => {
      controller.abort();
      turn.honestly();
    });
    const call = link.putCard(ownCard(), card(), prekeys(200), 26, { signal: controller.signal });
    await expectCode(call, 'ABORTED');
    await settled();
    expect(relay.requests.map(({ op }) => op)).toEqual(['putCard', 'addPrekeys']);

    const second = new AbortController();
    relay.on('exportCard', (turn) => {
      second.abort();
      turn.ok({ items: [{ kind: 'prekey', bytes: card(), expiresAt: 1 }], next: 1 });
    });
    await expectCode(link.exportCard(ownCard(), { signal: second.signal }), 'ABORTED');
    await settled();
    expect(relay.count('exportCard')).toBe(1);
  });
});

describe('the end of all links', () => {
  test('comes after what was handed over, and answered', async () => {
    const { link, links, relay, clock } = await onlineRig();
    const turns: Turn<'put'>[] = [];
    relay.on('put', (turn) => turns.push(turn));
    const puts = Array.from({ length: 100 }, () => link.put(mailbox().address, envelope(), 24));
    const waiting = links.close();
    await settled();
    expect(link.state.state).toBe('online');
    while (turns.length > 0) {
      turns.shift()?.ok();
      await settled();
    }
    await Promise.all(puts);
    await waiting;
    expect(link.state).toEqual({ state: 'idle' });
    expect(relay.connections.size).toBe(0);
    expect(clock.timers).toBe(0);
  });

  test('does not wait for ever for a relay that does not answer', async () => {
    const { link, links, relay, clock } = await onlineRig();
    relay.on('put', () => {});
    const puts = Array.from({ length: 70 }, () => refusalOf(link.put(mailbox().address, envelope(), 24)));
    let isClosed = false;
    const closing = links.close().then(() => {
      isClosed = true;
    });
    await clock.advance(CLOSE_MS - 1);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    for (const put of puts) {
      expect((await put).code).toBe('RELAY_UNREACHABLE');
    }
  });

  test('refuses what waits and what comes later', async () => {
    const { link, links, transport, clock } = await rig();
    transport.isReachable = false;
    const waiting = refusalOf(link.getCard(ownCard().locator, { wait: true }));
    await settled();
    const closing = links.close();
    const later = refusalOf(link.put(mailbox().address, envelope(), 24, { wait: true }));
    await closing;
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
    expect(await later).toMatchObject({ code: 'CLOSED' });
    const dialled = transport.dialled;
    link.hold()();
    link.retryNow();
    const other = links.get('wss://other.test');
    other.hold();
    await expectCode(other.getCard(ownCard().locator, { wait: true }), 'CLOSED');
    await clock.advance(10 * 60_000);
    expect(transport.dialled).toBe(dialled);
    expect(other.state).toEqual({ state: 'idle' });
    expect(clock.timers).toBe(0);
    await links.close();
  });

  test('tells watches nothing more', async () => {
    const { link, links } = await onlineRig();
    const log = new MailboxLog();
    const watch = link.watch(mailbox(), log);
    await settled();
    await links.close();
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained']);
    watch.acknowledge(card().subarray(0, 32));
    watch.stop();
  });

  test('sends the acknowledgements of the same turn', async () => {
    const { link, links, relay } = await onlineRig();
    const watch = link.watch(mailbox(), new MailboxLog());
    await settled();
    watch.acknowledge(card().subarray(0, 32));
    await links.close();
    expect(relay.count('ack')).toBe(1);
  });

  test('has come when the socket has ended too', async () => {
    const { link, links, transport, clock } = await rig();
    const sockets: SocketEvents[] = [];
    transport.connect = (_origin, _subprotocol, events) => {
      sockets.push(events);
      return { send: () => {}, backlog: 0, close: () => {} };
    };
    link.hold();
    let isClosed = false;
    const closing = links.close().then(() => {
      isClosed = true;
    });
    await clock.advance(CLOSE_MS - 1);
    expect(isClosed).toBe(false);
    sockets[0]?.close('at last');
    await closing;
    expect(clock.timers).toBe(0);
  });

  test('while it dials', async () => {
    const { link, links, transport, relay } = await rig();
    relay.hello = () => undefined;
    link.hold();
    await settled();
    await links.close();
    expect(transport.sockets.size).toBe(0);
  });
});
