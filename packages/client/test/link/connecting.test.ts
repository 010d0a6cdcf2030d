import { describe, expect, test } from 'vitest';
import { GOOD_AFTER_MS, LINGER_MS, RECONNECT_BACKOFF } from '../../src/link/reconnecting-link.ts';
import { CONNECT_MS } from '../../src/link/relay-connection.ts';
import type { LinkState } from '../../src/link/relay-link.ts';
import { settled } from '../support/fake-clock.ts';
import { onlineRig, rig } from './rig.ts';

const names = (states: readonly LinkState[]) => states.map(({ state }) => state);

/** How long the link waits now. */
function waitOf(state: LinkState, nowMs: number): number {
  expect(state.state).toBe('waiting');
  return state.state === 'waiting' ? state.retryAtMs - nowMs : Number.NaN;
}

describe('a link', () => {
  test('dials when it is held, not before, and tells of each state', async () => {
    const { link, transport, states } = await rig();
    await settled();
    expect(transport.dialled).toBe(0);
    expect(link.state).toEqual({ state: 'idle' });
    link.hold();
    expect(link.state).toEqual({ state: 'connecting' });
    // Never from inside a call.
    expect(states).toEqual([]);
    await settled();
    expect(names(states)).toEqual(['connecting', 'online']);
    expect(transport.dialled).toBe(1);
  });

  test('stays while anyone holds it, and lingers after the last one', async () => {
    const { link, clock, transport, states, relay } = await rig();
    const [first, second] = [link.hold(), link.hold()];
    await settled();
    first();
    first();
    await clock.advance(10 * LINGER_MS);
    expect(link.state.state).toBe('online');
    second();
    await clock.advance(LINGER_MS - 1);
    const third = link.hold();
    await clock.advance(LINGER_MS);
    expect(link.state.state).toBe('online');
    third();
    await clock.advance(LINGER_MS);
    expect(link.state).toEqual({ state: 'idle' });
    expect(names(states)).toEqual(['connecting', 'online', 'idle']);
    expect(relay.connections.size).toBe(0);
    expect(transport.dialled).toBe(1);
    expect(clock.timers).toBe(0);
    link.hold();
    await settled();
    expect(link.state.state).toBe('online');
  });

  test('waits between tries: random times below a ceiling that doubles', async () => {
    const { link, clock, transport } = await rig();
    transport.isReachable = false;
    link.hold();
    await settled();
    const waits: number[] = [];
    for (let ceiling = RECONNECT_BACKOFF.firstMs, tries = 0; tries < 40; tries++) {
      expect(transport.dialled).toBe(tries + 1);
      const wait = waitOf(link.state, clock.monotonicMs());
      expect(wait).toBeLessThanOrEqual(ceiling);
      waits.push(wait / ceiling);
      ceiling = Math.min(2 * ceiling, RECONNECT_BACKOFF.maxMs);
      await clock.advance(wait);
    }
    // Full jitter: neither all early nor all late.
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(0.3);
    expect(mean).toBeLessThan(0.7);
    expect(link.state).toMatchObject({ reason: 'nobody answers' });
  });

  test('a relay that ends each connection right after hello is not asked more often for it', async () => {
    const { link, clock, transport, relay } = await rig();
    relay.hello = (connection) => {
      queueMicrotask(() => connection.cut());
      return { op: 'hello', nonce: connection.nonce, tokenRequired: false, software: 'x' };
    };
    link.hold();
    await clock.advance(10 * 60_000);
    // Ten ceilings of up to a minute: about 16 tries to reach it, and two a minute from there.
    expect(transport.dialled).toBeLessThan(50);
    expect(transport.dialled).toBeGreaterThan(10);
  });

  test('a connection that was good for a while makes the next failure the first', async () => {
    const { link, clock, transport } = await rig();
    transport.isReachable = false;
    link.hold();
    await clock.advance(5 * 60_000);
    transport.isReachable = true;
    await clock.advance(RECONNECT_BACKOFF.maxMs);
    expect(link.state.state).toBe('online');
    await clock.advance(GOOD_AFTER_MS);
    transport.last.cut();
    expect(waitOf(link.state, clock.monotonicMs())).toBeLessThanOrEqual(RECONNECT_BACKOFF.firstMs);
  });

  test('is told not to wait', async () => {
    const { link, clock, transport, states } = await rig();
    link.retryNow();
    expect(transport.dialled).toBe(0);
    transport.isReachable = false;
    link.hold();
    await clock.advance(5 * 60_000);
    while (link.state.state !== 'waiting') {
      await clock.advance(1);
    }
    transport.isReachable = true;
    const before = transport.dialled;
    link.retryNow();
    link.retryNow();
    await settled();
    expect(link.state.state).toBe('online');
    expect(transport.dialled).toBe(before + 1);
    link.retryNow();
    await clock.advance(2 * RECONNECT_BACKOFF.maxMs);
    expect(transport.dialled).toBe(before + 1);
    expect(names(states).slice(-2)).toEqual(['connecting', 'online']);
  });

  test('stops trying when nobody holds it any more', async () => {
    const { link, clock, transport } = await rig();
    transport.isReachable = false;
    const release = link.hold();
    await clock.advance(60_000);
    release();
    await clock.advance(LINGER_MS);
    const before = transport.dialled;
    expect(link.state).toEqual({ state: 'idle' });
    await clock.advance(10 * 60_000);
    expect(transport.dialled).toBe(before);
    expect(clock.timers).toBe(0);
  });

  test('gives up a connection on which nothing is said', async () => {
    const { link, clock, relay, transport } = await rig();
    relay.hello = () => undefined;
    link.hold();
    await clock.advance(CONNECT_MS - 1);
    expect(link.state.state).toBe('connecting');
    await clock.advance(1);
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'the relay does not answer' });
    expect(transport.sockets.size).toBe(0);
  });

  test('survives a transport that throws', async () => {
    const { link, clock, transport } = await rig();
    transport.connect = () => {
      throw new TypeError('no socket');
    };
    link.hold();
    await settled();
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'the socket cannot be opened' });
    await clock.advance(1000);
  });

  test('survives a transport that ends the socket before it has returned it', async () => {
    const { link, transport } = await rig();
    let closed = 0;
    transport.connect = (_origin, _subprotocol, events) => {
      events.close('at once');
      return { send: () => {}, backlog: 0, close: () => closed++ };
    };
    link.hold();
    await settled();
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'at once' });
    expect(closed).toBe(1);
  });

  test('a listener that is cancelled, or added, in the middle disturbs no other', async () => {
    const { link } = await rig();
    const told: string[] = [];
    const cancel = link.onState(({ state }) => {
      told.push(`a ${state}`);
      cancel();
    });
    link.onState(({ state }) => told.push(`b ${state}`));
    link.hold();
    await settled();
    expect(told).toEqual(['a connecting', 'b connecting', 'b online']);
  });

  test('dials again after an end, and the timers of the old connection are gone', async () => {
    const { link, clock, transport, states } = await onlineRig();
    for (let round = 0; round < 5; round++) {
      transport.last.cut();
      await clock.advance(RECONNECT_BACKOFF.maxMs);
      expect(link.state.state).toBe('online');
    }
    expect(names(states).filter((state) => state === 'online')).toHaveLength(6);
    // The heartbeat's.
    expect(clock.timers).toBe(1);
  });
});
