import { describe, expect, test } from 'vitest';
import { createRelayLinks } from '../../src/link/relay-links.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { LinkedTransport } from '../support/linked-transport.ts';
import { LyingRelay } from '../support/lying-relay.ts';
import { seededBytes } from '../support/seeded.ts';
import { card, envelope, MailboxLog, mailbox, ORIGIN, onlineRig, ownCard, refusalOf, rig } from './rig.ts';

const TOKEN = 'correct horse battery staple';
const token = { origin: ORIGIN, token: TOKEN };

describe('the token of a private relay', () => {
  test('is the first frame, and waited for', async () => {
    const { link, relay } = await rig({ relayToken: TOKEN, token });
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    const put = link.putCard(ownCard(), card(), [], 26, { wait: true });
    expect(await put).toBe(0);
    expect(relay.requests[0]).toMatchObject({ op: 'auth', token: TOKEN });
    expect(relay.count('auth')).toBe(1);
    expect(log.told).toEqual(['subscribed', 'drained']);
  });

  test('is shown on each connection', async () => {
    const { link, relay, transport, clock } = await onlineRig({ relayToken: TOKEN, token });
    transport.last.cut();
    await clock.advance(1000);
    expect(link.state.state).toBe('online');
    expect(relay.count('auth')).toBe(2);
  });

  test('is not shown to a relay that does not ask for one, nor to any other', async () => {
    const { relay } = await onlineRig({ token });
    expect(relay.count('auth')).toBe(0);

    const others = await LyingRelay.start({ token: 'another' });
    const transport = new LinkedTransport({ 'wss://other.test': others });
    const effects = { clock: new FakeClock(), random: seededBytes(1) };
    const link = createRelayLinks({ transport, effects, token }).get('wss://other.test');
    link.hold();
    await settled();
    expect(link.state.state).toBe('online');
    expect(others.requests).toEqual([]);
  });

  test('that is wrong: nothing is online, and the reason says so', async () => {
    const { link, relay, clock } = await rig({ relayToken: 'another', token });
    link.hold();
    await settled();
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'the relay answered WRONG_TOKEN' });
    const waiting = link.getCard(ownCard().locator, { wait: true });
    await clock.advance(10 * 60_000);
    expect(relay.count('auth')).toBeLessThan(60);
    expect(relay.count('getCard')).toBe(0);
    void waiting.catch(() => {});
  });

  test('that the relay will not look at now is shown again later', async () => {
    const { link, relay, clock } = await rig({ relayToken: TOKEN, token });
    relay.on('auth', (turn) => turn.refuse('RATE_LIMITED', 60_000));
    link.hold();
    await settled();
    expect(link.state).toMatchObject({ state: 'waiting', reason: 'the relay answered RATE_LIMITED' });
    relay.honest();
    await clock.advance(1000);
    expect(link.state.state).toBe('online');
  });

  test('is not needed to answer', async () => {
    const { link, relay } = await onlineRig({ relayToken: TOKEN });
    const box = mailbox();
    relay.memory.open(box.address);
    await link.put(box.address, envelope(), 24);
    expect(await refusalOf(link.putCard(ownCard(), card(), [], 26))).toMatchObject({ relayCode: 'TOKEN_REQUIRED' });
    expect(relay.count('auth')).toBe(0);
  });
});
