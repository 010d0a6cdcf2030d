import { ready, Secret } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import type { ChatSession } from '../../src/chat/chat-session.ts';
import { ClientError } from '../../src/index.ts';
import type { MediaContext } from '../../src/media/media-context.ts';
import { memoryBlobs } from '../../src/media/memory-blobs.ts';
import { PieceLanes } from '../../src/media/piece-lanes.ts';
import { UploadJob } from '../../src/media/upload-job.ts';
import { Watchers } from '../../src/media/watchers.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { seededBytes } from '../support/seeded.ts';

test('a job that is stopped while its file is being announced does not try again when that fails', async () => {
  await ready;
  const effects = { clock: new FakeClock(), random: seededBytes(1) };
  const media = { effects, lanes: new PieceLanes(effects) } as unknown as MediaContext;
  let fail = (_: unknown) => {};
  const change = () => new Promise<never>((_, reject) => (fail = reject));
  const reported: string[] = [];
  const job = new UploadJob(
    { media, watchers: new Watchers(), ended: () => {}, report: (_session, _error, message) => reported.push(message) },
    { n: 1, forgotten: false, change } as unknown as ChatSession,
    {
      relay: 'wss://relay.example',
      size: 1,
      fileKey: new Secret<'file-key'>(new Uint8Array(32)),
      blob: await memoryBlobs().create('blob', 1),
      // Its one piece is on the relay.
      done: Uint8Array.of(1),
    },
    1,
  );
  job.upload.start();
  await job.stop();
  fail(new ClientError('STORE_FAILED', 'the disk is full'));
  await settled();
  expect(reported).toHaveLength(1);
  expect(effects.clock.timers).toBe(0);
});
