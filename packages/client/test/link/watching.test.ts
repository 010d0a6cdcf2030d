import { sha256 } from '@secret-chat/crypto';
import { toHex } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { newMailbox } from '../../src/link/mailbox.ts';
import { RECONNECT_BACKOFF } from '../../src/link/reconnecting-link.ts';
import { settled } from '../support/fake-clock.ts';
import type { Turn } from '../support/relay-side.ts';
import { bytes, envelope, MailboxLog, mailbox, nameOf, onlineRig, putInto, refusalOf, rig, watched } from './rig.ts';

describe('a watched mailbox', () => {
  test('is opened and subscribed to, gives what it holds in order, and what comes', async () => {
    const made = await onlineRig();
    const { link, relay } = made;
    const box = mailbox();
    relay.memory.open(box.address);
    const held = [envelope(), envelope(16_384), envelope()];
    putInto(made, box.address, ...held);
    const log = new MailboxLog();
    link.watch(box, log);
    expect(log.told).toEqual([]);
    await settled();
    expect(log.told).toEqual(['subscribed', 'envelope', 'envelope', 'envelope', 'drained']);
    const late = envelope();
    putInto(made, box.address, late);
    await settled();
    expect(log.envelopes).toEqual([...held, late]);
    expect(relay.requests.map(({ op }) => op)).toEqual(['open', 'subscribe']);
    expect(relay.requests[0]).toMatchObject({ idleWeeks: 26 });
  });

  test('waits for a connection without wanting one, and comes back on each', async () => {
    const { link, transport, clock } = await rig();
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    await clock.advance(60_000);
    expect(transport.dialled).toBe(0);
    link.hold();
    await settled();
    expect(log.told).toEqual(['subscribed', 'drained']);
    transport.last.cut();
    await settled();
    expect(log.told.slice(2)).toEqual(['offline']);
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.told.slice(3)).toEqual(['subscribed', 'drained']);
  });

  test('tells when it was asked for what it has drained', async () => {
    const { link, relay, clock, transport } = await onlineRig();
    await clock.advance(1000);
    let late: Turn<'subscribe'> | undefined;
    relay.on('subscribe', (turn) => {
      late = turn;
    });
    const log = new MailboxLog();
    link.watch(mailbox(), log);
    await clock.advance(5000);
    late?.honestly();
    await settled();
    expect(log.drains).toEqual([1000]);
    // Said twice, it is told once: a relay could otherwise say that it is empty while it holds something back.
    relay.say({
      op: 'drained',
      address: (relay.memory.mailboxes.values().next().value as { address: Uint8Array }).address,
    });
    await settled();
    expect(log.drains).toEqual([1000]);
    relay.honest();
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.drains).toHaveLength(2);
    expect(log.drains[1]).toBeGreaterThan(5000);
  });

  test('gives again on the next connection what was not acknowledged, and nothing else', async () => {
    const made = await onlineRig();
    const { link, transport, clock, relay } = made;
    const [box, log] = [mailbox(), new MailboxLog()];
    const watch = link.watch(box, log);
    await settled();
    const sent = Array.from({ length: 5 }, () => envelope());
    putInto(made, box.address, ...sent);
    await settled();
    for (const which of [0, 2, 3]) {
      watch.acknowledge(sha256(sent[which] as Uint8Array));
    }
    await settled();
    expect(relay.count('ack')).toBe(1);
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.envelopes.slice(5).map(nameOf)).toEqual([sent[1], sent[4]].map((bytes) => nameOf(bytes as Uint8Array)));
  });

  test('acknowledges what is named in one turn in frames of 256', async () => {
    const { link, relay, box } = await watched();
    expect(link.state.state).toBe('online');
    const other = new MailboxLog();
    const watch = link.watch(mailbox(), other);
    await settled();
    const hashes = Array.from({ length: 600 }, () => bytes(32));
    for (const hash of hashes) {
      watch.acknowledge(hash);
    }
    await settled();
    const frames = relay.requests.flatMap((request) => (request.op === 'ack' ? [request.hashes] : []));
    expect(frames.map(({ length }) => length)).toEqual([256, 256, 88]);
    expect(frames.flat().map(toHex)).toEqual(hashes.map(toHex));
    expect(
      relay.requests.every((request) => request.op !== 'ack' || toHex(request.address) !== toHex(box.address)),
    ).toBe(true);
    expect(() => watch.acknowledge(bytes(31))).toThrow(/32 bytes/);
  });

  test('forgets acknowledgements while it is offline', async () => {
    const { link, relay, transport, clock } = await onlineRig();
    const watch = link.watch(mailbox(), new MailboxLog());
    watch.acknowledge(bytes(32));
    await settled();
    watch.acknowledge(bytes(32));
    transport.last.cut();
    watch.acknowledge(bytes(32));
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(relay.count('ack')).toBe(0);
  });

  test('names again what the relay could not take, so that the rest comes', async () => {
    const made = await watched();
    const { relay, link, clock } = made;
    const log = new MailboxLog();
    const box = mailbox();
    const watch = link.watch(box, log);
    await settled();
    relay.on('ack', (turn) => turn.refuse('UNAVAILABLE'));
    const sent = Array.from({ length: 100 }, () => envelope());
    putInto(made, box.address, ...sent);
    await settled();
    expect(log.envelopes).toHaveLength(64);
    for (const received of log.envelopes) {
      watch.acknowledge(sha256(received));
    }
    await clock.advance(30_000);
    expect(log.envelopes).toHaveLength(64);
    relay.honest();
    await clock.advance(30_000);
    expect(log.envelopes.map(nameOf)).toEqual(sent.map(nameOf));
  });

  test('says nothing once it is stopped, and the mailbox stays', async () => {
    const made = await onlineRig();
    const { link, relay, transport, clock } = made;
    const [box, log] = [mailbox(), new MailboxLog()];
    const watch = link.watch(box, log);
    await settled();
    putInto(made, box.address, envelope());
    transport.last.step('down');
    // The envelope is in, and not told yet.
    watch.stop();
    watch.stop();
    await settled();
    putInto(made, box.address, envelope());
    await settled();
    watch.acknowledge(bytes(32));
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(log.told).toEqual(['subscribed', 'drained']);
    expect(relay.count('subscribe')).toBe(1);
    expect(relay.memory.mailbox(box.address)?.held.size).toBe(2);
    // Watched anew, it gives all of it.
    const again = new MailboxLog();
    link.watch(box, again);
    await settled();
    expect(again.told).toEqual(['subscribed', 'envelope', 'envelope', 'drained']);
  });

  test('stopped before its turn was never asked for', async () => {
    const { link, relay } = await rig();
    link.watch(mailbox(), new MailboxLog()).stop();
    link.hold();
    await settled();
    expect(relay.requests).toEqual([]);
  });

  test('gives a later watch of the same connection nothing of the earlier one', async () => {
    const made = await onlineRig();
    const { link, relay, transport } = made;
    const box = mailbox();
    const first = link.watch(box, new MailboxLog());
    await settled();
    transport.isFlowing = false;
    const [early, held] = [envelope(), envelope()];
    putInto(made, box.address, early);
    first.stop();
    const log = new MailboxLog();
    link.watch(box, log);
    // What the first subscription gave is on its way when the second is asked for.
    while (transport.last.step('down')) {}
    await settled();
    expect(log.told).toEqual([]);
    transport.isFlowing = true;
    while (transport.last.step('up') || transport.last.step('down')) {}
    await settled();
    expect(log.told).toEqual(['subscribed', 'envelope', 'drained']);
    putInto(made, box.address, held);
    await settled();
    expect(log.envelopes.map(nameOf)).toEqual([early, held].map(nameOf));
    expect(relay.connections.size).toBe(1);
  });

  test('cannot be watched twice at the same time', async () => {
    const { link } = await rig();
    const box = mailbox();
    const watch = link.watch(box, new MailboxLog());
    expect(() => link.watch(box, new MailboxLog())).toThrow(/watched already/);
    watch.stop();
    link.watch(box, new MailboxLog());
    expect(() => link.watch({ ...newMailbox(bytes, 26), idleWeeks: 0 }, new MailboxLog())).toThrow(/weeks/);
  });

  test('calls come one after another, never from inside a call', async () => {
    const made = await onlineRig();
    const { link } = made;
    const [box, second] = [mailbox(), mailbox()];
    let depth = 0;
    let calls = 0;
    const guard = (run?: () => void) => {
      expect(depth).toBe(0);
      depth++;
      calls++;
      run?.();
      depth--;
    };
    const watch = link.watch(box, {
      subscribed: () => guard(),
      envelope: (received) =>
        guard(() => {
          watch.acknowledge(sha256(received));
          if (calls < 20) {
            void link.put(box.address, envelope(), 24).catch(() => {});
          }
          link.watch(second, new MailboxLog()).stop();
        }),
      drained: () => guard(),
      displaced: () => guard(),
      refused: () => guard(),
      offline: () => guard(),
    });
    link.onState(() => guard(() => link.hold()()));
    await settled();
    putInto(made, box.address, ...Array.from({ length: 10 }, () => envelope()));
    for (let round = 0; round < 50; round++) {
      await settled();
    }
    made.transport.last.cut();
    await settled();
    expect(calls).toBeGreaterThan(12);
  });
});

describe('many mailboxes', () => {
  test('are all subscribed to, a few at a time', async () => {
    const { link, relay } = await rig();
    const logs = Array.from({ length: 200 }, () => new MailboxLog());
    for (const log of logs) {
      link.watch(mailbox(), log);
    }
    let most = 0;
    let asked = 0;
    relay.on('open', (turn) => {
      asked++;
      most = Math.max(most, asked);
      turn.honestly();
    });
    relay.on('subscribe', (turn) => {
      setImmediate(() => {
        asked--;
        turn.honestly();
      });
    });
    link.hold();
    while (logs.some(({ told }) => told.length < 2)) {
      await settled();
    }
    expect(most).toBeLessThanOrEqual(16);
    expect(logs.every(({ told }) => told.join() === 'subscribed,drained')).toBe(true);
  });

  test('are all subscribed to on the next connection when one ended in the middle', async () => {
    const { link, relay, transport, clock } = await rig();
    const logs = Array.from({ length: 50 }, () => new MailboxLog());
    for (const log of logs) {
      link.watch(mailbox(), log);
    }
    relay.on('subscribe', () => {});
    link.hold();
    await settled();
    expect(relay.count('subscribe')).toBe(16);
    relay.honest();
    transport.last.cut();
    await clock.advance(RECONNECT_BACKOFF.firstMs);
    expect(logs.map(({ told }) => told.join())).toEqual(logs.map(() => 'subscribed,drained'));
  });

  test('one that is refused holds up no other', async () => {
    const { link, relay } = await rig();
    relay.on('subscribe', (turn) => turn.refuse('RATE_LIMITED', 60_000));
    const logs = Array.from({ length: 50 }, () => new MailboxLog());
    for (const log of logs) {
      link.watch(mailbox(), log);
    }
    link.hold();
    for (let round = 0; round < 50; round++) {
      await settled();
    }
    expect(logs.map(({ told }) => told.join())).toEqual(logs.map(() => 'refused'));
  });
});

test('what concerns a mailbox that nobody watches is nobody’s', async () => {
  const { relay, link, log } = await watched();
  const address = bytes(32);
  relay.say({ op: 'envelope', address, envelope: envelope() });
  relay.say({ op: 'drained', address });
  relay.say({ op: 'displaced', address });
  await settled();
  expect(log.told).toEqual(['subscribed', 'drained']);
  expect(link.state.state).toBe('online');
});

test('a closed mailbox is gone', async () => {
  const { link, relay, box } = await watched();
  await link.closeMailbox(box);
  expect(relay.memory.mailboxes.size).toBe(0);
  expect(await refusalOf(link.closeMailbox(box))).toMatchObject({ relayCode: 'GONE' });
});
