/** A download while somebody reads from it and doubts what came: nothing counts that was not authenticated, and nothing waits for ever. */

import {
  type Aes256GcmProvider,
  encryptFile,
  newFileKey,
  newFileSalt,
  nodeAes256Gcm,
  PiecePlan,
  systemRandom,
} from '@secret-chat/crypto';
import { expect, onTestFinished, test } from 'vitest';
import { ClientError, memoryBlobs, type PieceRequest } from '../../src/index.ts';
import type { StoredBlob } from '../../src/media/blob-store.ts';
import { Download } from '../../src/media/download.ts';
import type { MediaContext } from '../../src/media/media-context.ts';
import { PieceLanes } from '../../src/media/piece-lanes.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { isSame, sample } from './pair.ts';
import { Gate, hex } from './watched-pieces.ts';

const SIZE = 2_500_000;
const RELAY = 'wss://relay.example';
const AES = nodeAes256Gcm() as Aes256GcmProvider;
/** A piece that is doubted. */
const X = 1;

async function scene() {
  const key = newFileKey(systemRandom);
  const plan = new PiecePlan(key, SIZE);
  const ciphertext = new Uint8Array(plan.size);
  let filled = 0;
  const source = new Blob([sample(SIZE) as BlobPart]).stream();
  for await (const block of encryptFile(key, newFileSalt(systemRandom), SIZE, source, { provider: AES })) {
    ciphertext.set(block, filled);
    filled += block.length;
  }
  const ids = new Map(Array.from({ length: plan.count }, (_, i) => [hex(plan.piece(i).id), i] as const));
  const relay = {
    /** Waited for before an answer. */
    before: (_index: number): Promise<void> | void => {},
    isDamaged: (_index: number): boolean => false,
    gets: [] as number[],
    inFlight: [] as number[],
    /** A piece was asked for while it was asked for. */
    isTwice: false,
  };
  const memory = await memoryBlobs().create('a'.repeat(32), plan.size);
  const disk = { beforeRead: (): Promise<void> | void => {}, beforeSync: (): Promise<void> | void => {} };
  const blob: StoredBlob = {
    ...memory,
    async read(...args) {
      await disk.beforeRead();
      return memory.read(...args);
    },
    async sync() {
      await disk.beforeSync();
    },
  };
  const transport = {
    async get({ id }: PieceRequest) {
      const index = ids.get(hex(id)) as number;
      relay.isTwice ||= relay.inFlight.includes(index);
      relay.gets.push(index);
      relay.inFlight.push(index);
      const isDamaged = relay.isDamaged(index);
      await relay.before(index);
      relay.inFlight.splice(relay.inFlight.indexOf(index), 1);
      const { offset, length } = plan.piece(index);
      const bytes = ciphertext.slice(offset, offset + length);
      bytes[500] = (bytes[500] as number) ^ (isDamaged ? 1 : 0);
      return bytes;
    },
  };
  const effects = { random: systemRandom, clock: new FakeClock() };
  const media = { effects, lanes: new PieceLanes(effects), transport, aes: AES } as unknown as MediaContext;
  const file = { key: key.expose(), size: SIZE, name: 'a', mediaType: 'a/b', relay: RELAY, expiresAt: 0 };
  const told: string[] = [];
  const failing: string[] = [];
  const tell = async (what: string) => {
    told.push(what);
    if (failing.includes(what)) {
      throw new ClientError('STORE_FAILED', 'the disk is full');
    }
  };
  const parts = { file, isChosen: true, blob, done: new Uint8Array(0), isWhole: true };
  const download = new Download(media, parts, {
    save: async () => {},
    complete: () => tell('complete'),
    missing: () => tell('missing'),
    found: async () => {},
    damaged: () => tell('damaged'),
    failed: () => tell('failed'),
    progress: () => {},
  });
  onTestFinished(() => download.stop(new ClientError('CLOSED', 'the test is over')));
  const { offset, length } = plan.piece(X);
  return {
    ...{ plan, relay, disk, download, told, failing },
    /** A reader found that it does not authenticate. */
    doubt: () => download.distrust(offset, length),
    need: () => download.need(offset, length),
    isAsSent: async () => isSame(await memory.read(0, plan.size), ciphertext),
  };
}

/** Without sockets or disks, all that can happen does within some turns. */
async function still(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    await settled();
  }
}

test('a piece that a reader doubted is fetched again, though nobody reads it any more', async () => {
  const { plan, relay, download, told, doubt, need, isAsSent } = await scene();
  const gate = new Gate();
  relay.isDamaged = (index) => index === X && relay.gets.filter((each) => each === X).length < 3;
  relay.before = (index) => (index === 0 ? gate.pass() : undefined);
  download.start();
  for (let time = 0; time < 2; time += 1) {
    await need();
    doubt();
  }
  gate.open();
  await still();
  expect(told).toEqual(['complete']);
  expect(relay.gets.length).toBe(plan.count + 2);
  expect(await isAsSent()).toBe(true);
});

test('a piece is never asked for twice at a time, so none is written after it was authenticated', async () => {
  const { relay, disk, download, told, doubt, need, isAsSent } = await scene();
  const [reads, answers] = [new Gate(), new Gate()];
  relay.isDamaged = (index) => index === X && relay.gets.filter((each) => each === X).length !== 2;
  disk.beforeRead = () => reads.pass();
  download.start();
  await still();
  // It is all here, and authenticated only now.
  relay.before = () => answers.pass();
  doubt();
  const read = need();
  await still();
  reads.open();
  await still();
  answers.open(1);
  await read;
  await still();
  expect(told).toEqual(['complete']);
  answers.open();
  await still();
  expect(relay.isTwice).toBe(false);
  expect(await isAsSent()).toBe(true);
});

test('what is fetched again while the disk still writes is authenticated before the file counts', async () => {
  const { relay, disk, download, told, doubt, need, isAsSent } = await scene();
  const syncs = new Gate();
  disk.beforeSync = () => syncs.pass();
  download.start();
  await still();
  expect([syncs.waiting, told]).toEqual([1, []]);
  // What the reader has read came before the piece that is here now; and this time the relay lies.
  relay.isDamaged = () => relay.gets.filter((each) => each === X).length === 2;
  doubt();
  await need();
  syncs.open();
  await still();
  expect(told).toEqual(['complete']);
  expect(relay.gets.filter((each) => each === X).length).toBe(3);
  expect(await isAsSent()).toBe(true);
});

test('what is complete stays so, whatever a reader doubts', async () => {
  const { plan, relay, download, told, doubt, need } = await scene();
  download.start();
  await still();
  expect(told).toEqual(['complete']);
  const { done } = download;
  doubt();
  await need();
  await still();
  expect(download.done).toEqual(done);
  expect(relay.gets.length).toBe(plan.count);
});

test('a file whose end could not be stored is complete when it is asked for again', async () => {
  const { plan, relay, download, told, failing } = await scene();
  failing.push('complete');
  download.start();
  await still();
  expect(told).toEqual(['complete', 'failed']);
  failing.length = 0;
  download.fetchAll();
  await still();
  expect(told).toEqual(['complete', 'failed', 'complete']);
  expect(relay.gets.length).toBe(plan.count);
});
