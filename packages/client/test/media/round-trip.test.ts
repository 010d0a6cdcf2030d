/** Files of every size that is a boundary somewhere, byte for byte. */

import { expect, test } from 'vitest';
import { pair, sample, until } from './pair.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [0, 1, ...[16 * KIB, 64 * KIB, MIB].flatMap((size) => [size - 1, size, size + 1])];

test('files arrive as they were sent, one after another', async () => {
  const { sender, receiver } = await pair();
  for (const [i, size] of SIZES.entries()) {
    const bytes = sample(size, i + 1);
    const message = await sender.chat.sendFile(bytes, { name: `${size}.bin` });
    expect(message).toMatchObject({ kind: 'file', state: 'queued', fileState: 'uploading' });
    const arrived = await receiver.untilFile('fetched', i + 1);
    expect(arrived.file).toMatchObject({ size, name: `${size}.bin`, mediaType: 'application/octet-stream' });
    expect(Buffer.compare(await receiver.content(), bytes)).toBe(0);
  }
});

test('several files at once arrive, with what is said about them', async () => {
  const { sender, receiver } = await pair();
  const preview = sample(25);
  const sent = await Promise.all(
    [3, 200_000, 1_500_000].map((size) =>
      sender.chat.sendFile(sample(size, size), {
        name: `${size}`,
        mediaType: 'image/webp',
        caption: `of ${size}`,
        preview,
      }),
    ),
  );
  await until(async () => (await receiver.fileCount()) === 3 || undefined, 'all of them');
  const messages = await until(async () => {
    const all = await receiver.chat.messages();
    const files = all.filter((message) => message.kind === 'file');
    return files.every(({ fileState }) => fileState === 'fetched') ? files : undefined;
  }, 'all fetched');
  expect(sent).toHaveLength(3);
  for (const { n, file, caption } of messages) {
    expect(caption).toBe(`of ${file.size}`);
    expect(file).toMatchObject({ mediaType: 'image/webp', preview });
    expect(Buffer.compare(await receiver.content(n), sample(file.size, file.size))).toBe(0);
  }
});

test('64 MiB, the size whose pieces no plaintext fits, arrives from a stream', { timeout: 120_000 }, async () => {
  const { sender, receiver } = await pair();
  const size = 64 * MIB - 100_000;
  const bytes = sample(size);
  async function* stream() {
    for (let offset = 0; offset < size; offset += 3_000_000) {
      yield bytes.subarray(offset, offset + 3_000_000);
    }
  }
  const shares: number[] = [];
  await sender.chat.sendFile(stream(), {
    name: 'big',
    size,
    onProgress: ({ done, total }) => shares.push(done / total),
  });
  const { n } = await receiver.untilFile('remote');
  await receiver.chat.fetchFile(n);
  expect((await receiver.file()).fileState).toBe('fetched');
  expect(Buffer.compare(await receiver.content(), bytes)).toBe(0);
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  await sender.untilFile('fetched');
});
