import { describe, expect, test } from 'vitest';
import { RECONNECT_BACKOFF } from '../../src/link/reconnecting-link.ts';
import { createRelayLinks } from '../../src/link/relay-links.ts';
import { settled } from '../support/fake-clock.ts';
import type { Turn } from '../support/relay-side.ts';
import { seededBytes } from '../support/seeded.ts';
import { bytes, envelope, MailboxLog, mailbox, ORIGIN, onlineRig, putInto, type Rig, rig, watched } from './rig.ts';

/** Another device with the same owner key subscribes. */
async function takeOver({ transport, clock }: Rig, box = mailbox()): Promise<void> {
  const effects = { clock, random: seededBytes(9) };
  const link = createRelayLinks({ transport, effects }).get(ORIGIN);
  link.hold();
  link.watch(box, new MailboxLog());
  await settled();
}

describe('a displaced mailbox', () => {
  test('is told once, and stays displaced on later connections', async () => {
    const made = await watched();
    const { log, box, relay, transport, clock } = made;
    const before = relay.count('subscribe');
    await takeOver(made, box);
    expect(log.told.slice(2)).toEqual(['displaced']);
    relay.say({ op: 'displaced', address: box.address });
    putInto(made, box.address, envelope());
    transport.sockets.values().next().value?.cut();
    await clock.advance(60_000);
    expect(made.link.state.state).toBe('online');
    expect(log.told.slice(2)).toEqual(['displaced']);
    expect(relay.count('subscribe')).toBe(before + 1);
  });

  test('is told by the answer to an acknowledgement too', async () => {
    const { link, relay } = await onlineRig();
    const log = new MailboxLog();
    const watch = link.watch(mailbox(), log);
    await settled();
    relay.on('ack', (turn) => turn.refuse('DISPLACED'));
    watch.acknowledge(bytes(32));
    await settled();
    watch.acknowledge(bytes(32));
    await settled();
    expect(log.told.slice(2)).toEqual(['displaced']);
    expect(relay.count('ack')).toBe(1);
  });

  test('can be watched anew, which displaces the other', async () => {
    const made = await onlineRig();
    const { link } = made;
    const box = mailbox();
    const watch = link.watch(box, new MailboxLog());
    await settled();
    await takeOver(made, box);
    watch.stop();
    const again = new MailboxLog();
    link.watch(box, again);
    await settled();
    expect(again.told).toEqual(['subscribed', 'drained']);
  });

  test('is not one whose connection was replaced by this very device', async () => {
    const { log, transport, clock } = await watched();
    const old = transport.last;
    old.isStalled = true;
    // The relay still has the old connection when the new one subscribes, and says `displaced` on the old one.
    await clock.advance(120_000);
    expect(transport.last).not.toBe(old);
    old.isStalled = false;
    while (old.step('down')) {}
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained', 'offline', 'subscribed', 'drained']);
  });

  test('is not one that a subscription of the last connection took over late; the second time it is', async () => {
    const made = await rig();
    const { link, relay, transport, clock } = made;
    const [box, log] = [mailbox(), new MailboxLog()];
    relay.on('subscribe', () => {});
    link.watch(box, log);
    link.hold();
    await settled();
    relay.honest();
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.told).toEqual(['subscribed', 'drained']);
    // Now the network brings the first subscription to the relay.
    await takeOver(made, box);
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained', 'subscribed', 'drained']);
    await takeOver(made, box);
    await settled();
    expect(log.told.slice(4)).toEqual(['displaced']);
  });

  test('an answer that belongs to the subscription before says nothing of this one', async () => {
    const made = await rig();
    const { link, relay, transport, clock } = made;
    const [box, log] = [mailbox(), new MailboxLog()];
    relay.on('subscribe', () => {});
    const watch = link.watch(box, log);
    link.hold();
    await settled();
    relay.honest();
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    let late: Turn<'ack'> | undefined;
    relay.on('ack', (turn) => {
      late = turn;
    });
    watch.acknowledge(bytes(32));
    await settled();
    await takeOver(made, box);
    expect(log.told).toEqual(['subscribed', 'drained', 'subscribed', 'drained']);
    late?.refuse('DISPLACED');
    await settled();
    expect(log.told).toHaveLength(4);
  });

  test('a subscription that was not answered explains nothing after a while', async () => {
    const made = await rig();
    const { link, relay, transport, clock } = made;
    const [box, log] = [mailbox(), new MailboxLog()];
    relay.on('subscribe', () => {});
    link.watch(box, log);
    link.hold();
    await settled();
    relay.honest();
    transport.last.cut();
    await clock.advance(2 * 60_000);
    await takeOver(made, box);
    expect(log.told).toEqual(['subscribed', 'drained', 'displaced']);
  });
});
