import { describe, expect, test } from 'vitest';
import { type RelayStore, StoreError } from '../../src/index.ts';
import { type Client, envelope, newOwner } from '../support/client.ts';
import { Gate, gatedStore } from '../support/gated-store.ts';
import { testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });

describe('a subscription', () => {
  test('of a connection that ended while it was being made is none', async () => {
    const [asked, reads] = [new Gate(), new Gate()];
    const store = gatedStore({ hasMailbox: asked, read: reads });
    const relay = await testRelay({ store, limits: { connectionsPerNetwork: 1 } });
    const owner = newOwner();
    const reader = await relay.connect();
    await reader.open(owner);
    const before = asked.calls;
    asked.shut();
    reader.subscribe(owner).catch(() => undefined);
    await expect.poll(() => asked.calls).toBe(before + 1);
    reader.end();
    // There is room for one connection: another is let in when that one is gone.
    let writer: Client | undefined;
    await expect
      .poll(async () => {
        writer = await relay.connect().catch(() => undefined);
        return writer;
      })
      .toBeDefined();
    asked.open();
    expect(await writer?.put(owner.address, envelope())).toEqual(ok);
    expect(await writer?.ask({ op: 'ping' })).toEqual(ok);
    expect(reads.calls).toBe(0);
  });

  test('waits for its turn to read: one connection does not have everything read at once', async () => {
    const reads = new Gate();
    const relay = await testRelay({ store: gatedStore({ read: reads }) });
    const [greedy, calm] = [await relay.connect(), await relay.connect()];
    const owners = Array.from({ length: 100 }, () => newOwner());
    const own = newOwner();
    await Promise.all([...owners.map((owner) => greedy.open(owner)), calm.open(own)]);
    reads.shut();
    await Promise.all(owners.map((owner) => greedy.subscribe(owner)));
    // And again, which ends what waits for those before.
    await Promise.all(owners.map((owner) => greedy.subscribe(owner)));
    await greedy.ask({ op: 'ping' });
    expect(reads.underWay).toBe(8);
    // Another connection does not stand behind all of them.
    await calm.subscribe(own);
    await calm.ask({ op: 'ping' });
    expect(reads.underWay).toBe(9);
    reads.open();
    await greedy.next('drained', 100);
    await calm.next('drained');
    expect(reads.mostUnderWay).toBe(9);
    expect(greedy.of('drained')).toHaveLength(100);
    expect(reads.calls).toBeLessThanOrEqual(8 + 100 + 1);
  });

  test('gets an envelope whose put failed and yet was done, when it is put again', async () => {
    const memory = gatedStore({});
    let hasFailed = false;
    const append: RelayStore['append'] = async (items, now) => {
      const appended = await memory.append(items, now);
      if (!hasFailed) {
        hasFailed = true;
        throw new StoreError('UNAVAILABLE', 'the answer was lost');
      }
      return appended;
    };
    const store = new Proxy(memory, {
      get: (target, name) => (name === 'append' ? append : Reflect.get(target, name)),
    });
    const relay = await testRelay({ store });
    const [reader, writer] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await reader.open(owner);
    await reader.subscribe(owner);
    await reader.next('drained');
    const bytes = envelope();
    expect(await writer.put(owner.address, bytes)).toMatchObject({ op: 'error', code: 'UNAVAILABLE' });
    expect(await writer.put(owner.address, bytes)).toEqual(ok);
    expect(await reader.next('envelope')).toMatchObject([{ envelope: bytes }]);
    // Once more changes nothing: it is on its way.
    expect(await writer.put(owner.address, bytes)).toEqual(ok);
    await reader.ask({ op: 'ping' });
    expect(reader.of('envelope')).toHaveLength(1);
  });

  test('does not cut a connection that is behind: envelopes of many mailboxes wait in the store', async () => {
    const limits = { backlogBytes: 400_000, pushBacklogBytes: 100_000 };
    const relay = await testRelay({ limits });
    const [reader, writer] = [await relay.connect(), await relay.connect()];
    const owners = Array.from({ length: 600 }, () => newOwner());
    await Promise.all(owners.map((owner) => writer.open(owner)));
    const put = () => Promise.all(owners.map(({ address }) => writer.put(address, envelope(16_384))));
    await put();
    // Ten megabytes: more than the systems of both sides take into their buffers.
    const subscribed = Promise.all(owners.map((owner) => reader.subscribe(owner)));
    reader.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await writer.ask({ op: 'ping' })).toEqual(ok);
    reader.socket.resume();
    await subscribed;
    await reader.next('drained', owners.length);
    expect(reader.of('envelope')).toHaveLength(owners.length);
    // Nor by what comes later, while each of them is live.
    reader.socket.pause();
    await put();
    expect(await writer.ask({ op: 'ping' })).toEqual(ok);
    reader.socket.resume();
    await reader.next('envelope', 2 * owners.length);
  });
});
