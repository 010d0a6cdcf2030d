import type { RelayErrorCode } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { RECONNECT_BACKOFF } from '../../src/link/reconnecting-link.ts';
import { settled } from '../support/fake-clock.ts';
import type { Turn } from '../support/relay-side.ts';
import { bytes, MailboxLog, mailbox, onlineRig } from './rig.ts';

describe('a refused mailbox', () => {
  test.each<RelayErrorCode>(['RELAY_FULL', 'TOKEN_REQUIRED', 'RATE_LIMITED', 'UNAVAILABLE', 'BAD_PROOF'])(
    '%s: is told why, and tried again later by itself',
    async (code) => {
      const { link, relay, clock } = await onlineRig();
      relay.on('open', (turn) => turn.refuse(code));
      const log = new MailboxLog();
      link.watch(mailbox(), log);
      await settled();
      expect(log.told).toEqual(['refused']);
      expect(log.refusals[0]).toMatchObject({ code: 'RELAY_REFUSED', relayCode: code });
      await clock.advance(60 * 60_000);
      const refused = log.told.length;
      expect(refused).toBeGreaterThan(3);
      expect(refused).toBeLessThan(30);
      relay.honest();
      await clock.advance(20 * 60_000);
      expect(log.told.slice(refused)).toEqual(['subscribed', 'drained']);
    },
  );

  test('waits as long as the relay wants, and begins anew on the next connection', async () => {
    const { link, relay, clock, transport } = await onlineRig();
    relay.on('subscribe', (turn) => turn.refuse('RATE_LIMITED', 3_600_000));
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    await clock.advance(3_599_000);
    expect(log.told).toEqual(['refused']);
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.told).toEqual(['refused', 'refused']);
    relay.honest();
    await clock.advance(3_600_000);
    expect(log.told.slice(2)).toEqual(['subscribed', 'drained']);
  });

  test('begins with short waits again once it was not refused', async () => {
    const { link, relay, clock, transport } = await onlineRig();
    relay.on('open', (turn) => turn.refuse('RELAY_FULL'));
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    await clock.advance(4 * 60 * 60_000);
    relay.honest();
    await clock.advance(20 * 60_000);
    relay.on('open', (turn) => turn.refuse('RELAY_FULL'));
    relay.memory.mailboxes.clear();
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    const before = log.count('refused');
    await clock.advance(30_000);
    expect(log.count('refused')).toBeGreaterThan(before);
  });

  test('that can be read all the same is read', async () => {
    const { link, relay } = await onlineRig();
    relay.on('open', (turn) => turn.refuse('TOKEN_REQUIRED'));
    const [box, log] = [mailbox(), new MailboxLog()];
    relay.memory.open(box.address);
    link.watch(box, log);
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained']);
  });

  test('answers in the other order change nothing', async () => {
    const { link, relay } = await onlineRig();
    let opening: Turn<'open'> | undefined;
    relay.on('open', (turn) => {
      turn.perform();
      opening = turn;
    });
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained']);
    opening?.ok();
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained']);

    const refused = new MailboxLog();
    relay.on('open', (turn) => {
      opening = turn;
    });
    link.watch(mailbox(), refused);
    await settled();
    expect(refused.told).toEqual([]);
    opening?.refuse('RELAY_FULL');
    await settled();
    expect(refused.refusals[0]).toMatchObject({ relayCode: 'RELAY_FULL' });
  });

  test('by a wiped key', async () => {
    const { link } = await onlineRig();
    const [box, log] = [mailbox(), new MailboxLog()];
    box.owner.privateKey.wipe();
    link.watch(box, log);
    await settled();
    expect(log.refusals[0]).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('in the middle: the relay knows nothing of the subscription', async () => {
    const { link, relay, clock } = await onlineRig();
    const [box, log] = [mailbox(), new MailboxLog()];
    const watch = link.watch(box, log);
    await settled();
    relay.memory.mailboxes.clear();
    watch.acknowledge(bytes(32));
    await settled();
    expect(log.told.slice(2)).toEqual(['refused']);
    expect(log.refusals[0]).toMatchObject({ relayCode: 'NOT_SUBSCRIBED' });
    await clock.advance(60_000);
    expect(log.told.slice(3)).toEqual(['subscribed', 'drained']);
  });
});
