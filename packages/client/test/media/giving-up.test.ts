/** Calls that send, and whose caller gives up, or whose device is closed, while a source or an encoder takes its time. */

import { expect, test } from 'vitest';
import { type EncodedPhoto, memoryBlobs, type PhotoEncoder } from '../../src/index.ts';
import { pair, sample, until } from './pair.ts';
import { WatchedPieces } from './watched-pieces.ts';

/** An encoder that is ready when a test says so. */
class SlowPhotos implements PhotoEncoder {
  begun = 0;
  #end: ((photo: EncodedPhoto | Error) => void) | undefined;

  async isAvailable(): Promise<boolean> {
    return true;
  }

  encode(): Promise<EncodedPhoto> {
    this.begun += 1;
    return new Promise((resolve, reject) => {
      this.#end = (photo) => (photo instanceof Error ? reject(photo) : resolve(photo));
    });
  }

  ends(how: 'well' | 'badly'): void {
    const photo = { bytes: sample(1000), mediaType: 'image/jpeg', width: 1, height: 1, preview: sample(9) };
    this.#end?.(how === 'well' ? photo : new Error('the library crashed'));
  }
}

async function* silent() {
  yield sample(200_000);
  await new Promise(() => {});
}

async function scene() {
  const photos = new SlowPhotos();
  const files = memoryBlobs();
  const pieces = new WatchedPieces();
  const { sender } = await pair({ sender: { photos, files, pieces } });
  return { photos, files, pieces, sender };
}

test.each(['well', 'badly'] as const)(
  'a photo whose caller gives up while it is encoded is not sent, however that ends: %s',
  async (how) => {
    const { photos, files, pieces, sender } = await scene();
    const abort = new AbortController();
    let closed = 0;
    const source = {
      size: 1000,
      stream: () => new Blob([sample(1000) as BlobPart]).stream(),
      close: async () => {
        closed += 1;
      },
    };
    const sent = sender.chat.sendPhoto(source, { signal: abort.signal });
    await until(() => photos.begun === 1 || undefined, 'the encoder');
    abort.abort();
    await expect(sent).rejects.toMatchObject({ code: 'ABORTED' });
    expect(closed).toBe(1);
    photos.ends(how);
    await sender.chat.sendText('still here');
    await until(() => sender.told('state').some(({ state }) => state === 'sent') || undefined, 'the text is out');
    expect([await sender.fileCount(), await files.list(), pieces.puts]).toEqual([0, [], []]);
  },
);

test('a device that is closed while a photo is encoded, or a source is silent, does not wait for either', async () => {
  const { photos, files, sender } = await scene();
  const calls = [
    sender.chat.sendPhoto(sample(1000)),
    sender.chat.sendPhoto({ size: 300_000, stream: silent }),
    sender.chat.sendFile(silent(), { name: 'a', size: 300_000 }),
  ];
  const settled = Promise.allSettled(calls);
  await until(() => photos.begun === 1 || undefined, 'the encoder');
  await sender.device.close();
  for (const result of await settled) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
  }
  expect(await files.list()).toEqual([]);
});

test.each(['generator', 'stream'] as const)(
  'a source that is silent, a %s, is told when its caller gives up',
  async (kind) => {
    const { files, sender } = await scene();
    const abort = new AbortController();
    let isTold = false;
    const source =
      kind === 'stream'
        ? new ReadableStream<Uint8Array>({
            start: (controller) => controller.enqueue(sample(200_000)),
            cancel: () => {
              isTold = true;
            },
          })
        : {
            [Symbol.asyncIterator]: () => {
              const blocks = silent();
              return {
                next: () => blocks.next(),
                return: async () => {
                  isTold = true;
                  return { done: true as const, value: undefined };
                },
              };
            },
          };
    const sent = sender.chat.sendFile(source as AsyncIterable<Uint8Array>, {
      name: 'a',
      size: 300_000,
      signal: abort.signal,
    });
    await until(async () => (await files.list()).length === 1 || undefined, 'a blob');
    abort.abort();
    await expect(sent).rejects.toMatchObject({ code: 'ABORTED' });
    expect(isTold).toBe(true);
    expect(await files.list()).toEqual([]);
  },
);
