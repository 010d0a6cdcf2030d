import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type RelayStore, StoreError, startRelay } from '../../src/index.ts';
import { temporaryFolder } from '../store/folders.ts';
import { Client, envelope, newOwner } from '../support/client.ts';
import { gatedStore } from '../support/gated-store.ts';
import { testRelay } from '../support/relay.ts';

const unavailable = expect.objectContaining({ op: 'error', code: 'UNAVAILABLE' });

/** A relay with a durable store, and what its thread is killed with. */
async function withThread(data: string) {
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  const relay = await startRelay({ data });
  const worker = posted.mock.contexts.at(-1) as Worker;
  posted.mockRestore();
  onTestFinished(() => relay.close());
  // Read after what was sent before, it is what the thread does not expect.
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  return { relay, kill: () => worker.postMessage(null), exit };
}

describe('a relay whose store failed for good', () => {
  test('tells its owner, answers what waits, can be closed, and loses nothing', async () => {
    const data = path.join(temporaryFolder(), 'data');
    const { relay, kill } = await withThread(data);
    const client = await Client.connect(relay.url);
    const owner = newOwner();
    await client.open(owner);
    await client.subscribe(owner);
    const kept = envelope();
    await client.put(owner.address, kept);
    expect(await Promise.race([relay.failed, 'pending'])).toBe('pending');
    const unheard = newOwner();
    await client.open(unheard);

    kill();
    const waiting = Array.from({ length: 50 }, () => client.put(unheard.address, envelope()));
    expect(await relay.failed).toMatchObject({ name: 'StoreError', code: 'UNAVAILABLE' });
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toEqual(unavailable);
    }
    expect(await client.put(owner.address, envelope())).toEqual(unavailable);
    await expect(relay.purge()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await relay.close();
    expect(await client.closed).toEqual({ code: 1001 });

    const next = await withThread(data);
    const again = await Client.connect(next.relay.url);
    await again.subscribe(owner);
    expect(await again.next('envelope')).toMatchObject([{ envelope: kept }]);
    again.end();
  });

  test('is closed though an upload is under way', async () => {
    const data = path.join(temporaryFolder(), 'data');
    const { relay, kill, exit } = await withThread(data);
    let push: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        push = controller;
        controller.enqueue(new Uint8Array(1_000));
      },
    });
    const id = '0'.repeat(64);
    const upload = fetch(`${relay.url.replace('ws', 'http')}/piece/${id}`, {
      method: 'PUT',
      headers: { 'content-length': '65536', 'secret-chat-delete-hash': id },
      body,
      duplex: 'half',
    } as RequestInit);
    await vi.waitFor(() => expect(readdirSync(path.join(data, 'incoming'))).toHaveLength(1));
    kill();
    await exit;
    push?.enqueue(new Uint8Array(64_536));
    push?.close();
    expect((await upload).status).toBe(503);
    await relay.close();
  });

  test('that was closed never failed', async () => {
    const { relay, exit } = await withThread(path.join(temporaryFolder(), 'data'));
    await relay.close();
    await exit;
    expect(await Promise.race([relay.failed, 'pending'])).toBe('pending');
  });
});

describe('an upload that the disk refuses', () => {
  test.each([
    ['at its first block', 65_536, 1],
    ['in the midst of it', 1_048_576, 500_000],
    ['when all of it came', 1_048_576, Number.POSITIVE_INFINITY],
  ])('%s is answered, and so is the next', async (_, size, fullAfter) => {
    let isFull = true;
    const memory = gatedStore({});
    const putPiece: RelayStore['putPiece'] = async (item, body, now) => {
      if (!isFull) {
        return memory.putPiece(item, body, now);
      }
      let received = 0;
      for await (const block of body) {
        received += block.length;
        if (received >= fullAfter) {
          break;
        }
      }
      throw new StoreError('UNAVAILABLE', 'the disk is full');
    };
    const store = new Proxy(memory, {
      get: (target, name) => (name === 'putPiece' ? putPiece : Reflect.get(target, name)),
    });
    const relay = await testRelay({ store });
    const upload = () =>
      fetch(`${relay.url.replace('ws', 'http')}/piece/${'0'.repeat(64)}`, {
        method: 'PUT',
        body: new Uint8Array(size),
        headers: { 'secret-chat-delete-hash': '0'.repeat(64) },
      });
    const refused = await upload();
    expect([refused.status, refused.headers.get('secret-chat-error')]).toEqual([503, 'UNAVAILABLE']);
    isFull = false;
    expect((await upload()).status).toBe(201);
  });
});
