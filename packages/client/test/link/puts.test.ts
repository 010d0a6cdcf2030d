import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_UNANSWERED_SIZE } from '../../src/link/put-queue.ts';
import { settled } from '../support/fake-clock.ts';
import type { Turn } from '../support/relay-side.ts';
import { seeded } from '../support/seeded.ts';
import { envelope, expectCode, mailbox, nameOf, onlineRig, refusalOf, rig } from './rig.ts';

describe('envelopes', () => {
  test('1000 go out in order, many at once, and never more than the bound', async () => {
    const { link, relay, transport } = await onlineRig();
    const box = mailbox();
    let most = 0;
    relay.on('put', (turn) => {
      most = Math.max(most, transport.last.backlog);
      turn.honestly();
    });
    relay.memory.open(box.address);
    const envelopes = Array.from({ length: 1000 }, (_, i) => envelope(i % 10 === 0 ? 16_384 : 4096));
    await Promise.all(envelopes.map((bytes) => link.put(box.address, bytes, 24)));
    expect(relay.memory.mailbox(box.address)?.everPut.map(nameOf)).toEqual(envelopes.map(nameOf));
    expect(most).toBeGreaterThan(MAX_UNANSWERED_SIZE / 2);
    expect(most).toBeLessThan(MAX_UNANSWERED_SIZE * 1.1);
  });

  test('wait for answers when as many are unanswered as may be', async () => {
    const { link, relay } = await onlineRig();
    const turns: Turn<'put'>[] = [];
    relay.on('put', (turn) => turns.push(turn));
    const puts = Array.from({ length: 100 }, () => link.put(mailbox().address, envelope(), 24));
    await settled();
    expect(turns).toHaveLength(MAX_UNANSWERED_SIZE / 4096);
    turns[5]?.ok();
    await settled();
    expect(turns).toHaveLength(MAX_UNANSWERED_SIZE / 4096 + 1);
    for (let i = 0; i < turns.length; i++) {
      turns[i]?.ok();
      await settled();
    }
    await Promise.all(puts);
  });

  test('that were under way or waited for their turn reject in order when the connection ends', async () => {
    const { link, relay, transport } = await onlineRig();
    relay.on('put', () => {});
    const order: number[] = [];
    const puts = Array.from({ length: 100 }, (_, i) =>
      link.put(mailbox().address, envelope(), 24).catch((error) => {
        expect(error).toMatchObject({ code: 'RELAY_UNREACHABLE' });
        order.push(i);
      }),
    );
    await settled();
    transport.last.cut();
    await Promise.all(puts);
    expect(order).toEqual(puts.map((_, i) => i));
  });

  test('given up while they wait for a relay that is too slow are not sent on the next connection', async () => {
    const { link, relay, transport, clock } = await onlineRig();
    relay.on('put', () => {});
    const puts = Array.from({ length: 100 }, () => refusalOf(link.put(mailbox().address, envelope(), 24)));
    await settled();
    transport.last.cut();
    await Promise.all(puts);
    const before = relay.count('put');
    await clock.advance(60_000);
    expect(link.state.state).toBe('online');
    expect(relay.count('put')).toBe(before);
  });

  test('one that is refused holds up no other', async () => {
    const { link, relay } = await onlineRig();
    relay.on('put', (turn) => (turn.request.ttlHours === 1 ? turn.refuse('MAILBOX_FULL') : turn.ok()));
    const [first, second, third] = [24, 1, 24].map((hours) => link.put(mailbox().address, envelope(), hours));
    const refused = await refusalOf(second as Promise<void>);
    expect(refused).toMatchObject({ code: 'RELAY_REFUSED', relayCode: 'MAILBOX_FULL' });
    await Promise.all([first, third]);
  });

  test('slow down for a relay that allows so many a second, and few are refused', async () => {
    const { link, relay, clock } = await onlineRig();
    // As relays do: a bucket of 400 that fills with 200 a second.
    const msPerPut = 5;
    let fullAt = clock.monotonicMs();
    let refused = 0;
    relay.on('put', (turn) => {
      const now = clock.monotonicMs();
      const next = Math.max(fullAt, now) + msPerPut;
      if (next - now > 400 * msPerPut) {
        refused++;
        turn.refuse('RATE_LIMITED', Math.ceil(next - now - 400 * msPerPut));
      } else {
        fullAt = next;
        turn.ok();
      }
    });
    let done = 0;
    const putOnce = async (): Promise<void> => {
      const error = await link.put(mailbox().address, envelope(), 24).catch((caught: unknown) => caught);
      if (error === undefined) {
        done++;
        return;
      }
      expect(error).toMatchObject({ relayCode: 'RATE_LIMITED' });
      return putOnce();
    };
    const puts = Array.from({ length: 3000 }, putOnce);
    const started = clock.monotonicMs();
    while (done < puts.length) {
      await clock.advance(1);
    }
    const seconds = (clock.monotonicMs() - started) / 1000;
    // 400 at once and 200 a second: 13 seconds at best.
    expect(seconds).toBeLessThan(18);
    expect(refused).toBeLessThan(300);
    await Promise.all(puts);
  });
});

test('random cuts never reorder what goes to one address, nor lose what was answered', async () => {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 40 }), async (seed, cutEvery) => {
      const chance = seeded(seed);
      const { link, relay, transport, clock } = await rig({ seed });
      const boxes = [mailbox(), mailbox()];
      for (const box of boxes) {
        relay.memory.open(box.address);
      }
      transport.isFlowing = false;
      link.hold();
      const outboxes = boxes.map(() => Array.from({ length: 90 }, () => envelope()));
      const answered = boxes.map(() => 0);
      // Each puts what is not answered yet, in order, and again after each failure: what an outbox does.
      const senders = boxes.map(async ({ address }, which) => {
        const outbox = outboxes[which] as Uint8Array[];
        while ((answered[which] as number) < outbox.length) {
          const from = answered[which] as number;
          const wait = chance() < 0.9;
          const results = await Promise.allSettled(
            outbox.slice(from).map((bytes) => link.put(address, bytes, 24, { wait })),
          );
          // Done are the first ones, and no other.
          const done = results.findIndex(({ status }) => status === 'rejected');
          const count = done === -1 ? results.length : done;
          expect(results.slice(count).every(({ status }) => status === 'rejected')).toBe(true);
          answered[which] = from + count;
          // An answered one is there, whatever happens later.
          const put = relay.memory.mailbox(address)?.everPut ?? [];
          expect(put.slice(0, from + count).map(nameOf)).toEqual(outbox.slice(0, from + count).map(nameOf));
        }
      });
      let isDone = false;
      const finished = Promise.all(senders).then(() => {
        isDone = true;
      });
      for (let step = 0; !isDone; step++) {
        await settled();
        const [socket] = transport.sockets;
        if (socket === undefined) {
          await clock.advance(1000);
        } else if (step < 2000 && chance() < 1 / cutEvery) {
          socket.cut();
          cuts++;
        } else {
          for (let moves = 1 + Math.floor(chance() * 16); moves > 0; moves--) {
            socket.step(chance() < 0.5 ? 'up' : 'down');
          }
        }
      }
      await finished;
      boxes.forEach(({ address }, which) => {
        // The relay knows what was put twice: each is there once, in order.
        expect(relay.memory.mailbox(address)?.everPut.map(nameOf)).toEqual(outboxes[which]?.map(nameOf));
      });
    }),
    { numRuns: 40 },
  );
  expect(cuts).toBeGreaterThan(200);
});

test('a pause that the relay wants ends with the connection', async () => {
  const { link, relay, transport, clock } = await onlineRig();
  relay.on('put', (turn) => turn.refuse('RATE_LIMITED', 30_000));
  const puts = Array.from({ length: 70 }, () => refusalOf(link.put(mailbox().address, envelope(), 24)));
  await settled();
  expect(clock.timers).toBe(2);
  transport.last.cut();
  const codes = (await Promise.all(puts)).map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set(['RELAY_REFUSED', 'RELAY_UNREACHABLE']));
  // The next try.
  expect(clock.timers).toBe(1);
});

test('a call without a signal or with one that stays silent leaves nothing behind', async () => {
  const { link, clock } = await onlineRig();
  const controller = new AbortController();
  await expectCode(link.put(mailbox().address, envelope(), 24, { signal: controller.signal }), 'RELAY_REFUSED');
  controller.abort();
  await settled();
  expect(clock.timers).toBe(1);
});
