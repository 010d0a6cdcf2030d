/** Photos: what goes out is the picture alone. With sharp; what only exiftool can tell is skipped where it is not installed. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { thumbHashToRGBA } from 'thumbhash';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isClientError, type PhotoEncoder } from '../../src/index.ts';
import { sharpPhotos } from '../../src/node/photo-encoder.ts';
import { pair, sample } from './pair.ts';

const HAS_EXIFTOOL = spawnSync('exiftool', ['-ver']).status === 0;
const SECRETS = ['Alice Example', 'Nikon', 'under the bridge', '48 deg'];
const photos = sharpPhotos();

/** 400 × 200, the left half red, as a camera that lay on its side wrote it. */
function picture(format: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif', side = 400): Promise<Buffer> {
  const half = { width: side / 2, height: side / 2, channels: 3, background: '#ff0000' } as const;
  return sharp({ create: { ...half, width: side, background: '#0000ff' } })
    .composite([{ input: { create: half }, left: 0, top: 0 }])
    .withMetadata({ orientation: 6 })
    .withExifMerge({
      IFD0: { Artist: 'Alice Example', Make: 'Nikon', ImageDescription: 'under the bridge' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 8/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '11/1 34/1 0/1' },
    })
    .toFormat(format)
    .toBuffer();
}

/** A PNG that says it is so large, with a line of nothing in it. */
function claiming(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.alloc(1_000_000));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** All that exiftool finds in it, by group. */
function tagsOf(bytes: Uint8Array): Record<string, unknown> {
  const folder = mkdtempSync(path.join(tmpdir(), 'photo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'photo');
  writeFileSync(file, bytes);
  const [tags] = JSON.parse(execFileSync('exiftool', ['-json', '-a', '-u', '-G', '-ee', file], { encoding: 'utf8' }));
  return tags;
}

async function colourAt(bytes: Uint8Array, left: number, top: number): Promise<number[]> {
  const { data } = await sharp(bytes)
    .extract({ left, top, width: 1, height: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data.subarray(0, 3)].map((value) => Math.round(value / 255));
}

describe('an encoded photo', () => {
  test.each(['jpeg', 'png', 'webp', 'avif'] as const)('of %s is upright, and has a preview', async (format) => {
    const before = await picture(format);
    const { bytes, mediaType, width, height, preview } = await photos.encode(before);
    expect([mediaType, width, height]).toEqual(['image/jpeg', 200, 400]);
    // Turned by a quarter: what was on the left is at the top.
    expect(await colourAt(bytes, 100, 50)).toEqual([1, 0, 0]);
    expect(await colourAt(bytes, 100, 350)).toEqual([0, 0, 1]);
    const metadata = await sharp(bytes).metadata();
    expect(metadata).not.toHaveProperty('exif');
    expect(metadata.orientation).toBeUndefined();
    const blurred = thumbHashToRGBA(preview);
    expect(blurred.h).toBeGreaterThan(blurred.w);
    expect(preview.length).toBeLessThanOrEqual(64);
  });

  test('of GIF is its first picture', async () => {
    const { bytes, width, height } = await photos.encode(await picture('gif'));
    // GIF has no place for an orientation.
    expect([width, height]).toEqual([400, 200]);
    expect(await colourAt(bytes, 100, 100)).toEqual([1, 0, 0]);
  });

  test('is no larger than a screen needs, and never larger than it was', async () => {
    expect(await photos.encode(await picture('jpeg', 6000))).toMatchObject({ width: 1280, height: 2560 });
    expect(await photos.encode(await picture('png', 2))).toMatchObject({ width: 1, height: 2 });
  });

  test('is white where it was transparent', async () => {
    const create = { width: 9, height: 9, channels: 4, background: '#00000000' } as const;
    const { bytes } = await photos.encode(await sharp({ create }).png().toBuffer());
    expect(await colourAt(bytes, 4, 4)).toEqual([1, 1, 1]);
  });

  test.skipIf(!HAS_EXIFTOOL).each(['jpeg', 'png', 'webp', 'avif'] as const)(
    'of %s holds no place, camera, name, comment or thumbnail, as exiftool sees it',
    async (format) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'photo-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const file = path.join(folder, `photo.${format}`);
      const thumbnail = path.join(folder, 'thumbnail.jpg');
      writeFileSync(file, await picture(format));
      writeFileSync(
        thumbnail,
        await sharp(await picture('jpeg'))
          .resize(40)
          .jpeg()
          .toBuffer(),
      );
      const more = format === 'jpeg' ? ['-Comment=under the bridge', `-ThumbnailImage<=${thumbnail}`] : [];
      execFileSync('exiftool', ['-q', '-overwrite_original', '-XMP:Creator=Alice Example', ...more, file]);
      const before = readFileSync(file);
      const written = JSON.stringify(tagsOf(before));
      expect(SECRETS.filter((secret) => !written.includes(secret))).toEqual([]);
      expect(written.includes('ThumbnailImage')).toBe(format === 'jpeg');

      const tags = tagsOf((await photos.encode(before)).bytes);
      const groups = new Set(Object.keys(tags).map((name) => name.split(':')[0]));
      // What exiftool says of any file; the rest it read in this one.
      expect([...groups].sort()).toEqual(['Composite', 'ExifTool', 'File', 'SourceFile']);
      expect(JSON.stringify(tags)).not.toMatch(/Alice|Nikon|bridge|GPS|Thumbnail|Comment/);
    },
  );
});

describe('no photo', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['noise', sample(5000)],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['the beginning of a JPEG', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), sample(5000)])],
    ['a PNG of 50,000 × 50,000 pixels', claiming(50_000, 50_000)],
    ['a PNG of 4 thousand million pixels a side', claiming(0xffff_ffff, 0xffff_ffff)],
    [
      'a GIF of 65,535 × 65,535 pixels',
      Buffer.concat([Buffer.from('GIF89a\xff\xff\xff\xff\xf0\0\0', 'latin1'), sample(9)]),
    ],
    ['a HEIC that is cut off', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
  ])('is %s', async (_, bytes) => {
    await expect(photos.encode(bytes)).rejects.toMatchObject({ name: 'ClientError', code: 'PHOTO_UNREADABLE' });
  });

  test('is one that is cut off', async () => {
    const whole = await picture('jpeg');
    await expect(photos.encode(whole.subarray(0, whole.length / 2))).rejects.toMatchObject({
      code: 'PHOTO_UNREADABLE',
    });
  });

  test('a bomb says how many pixels a photo may have, and HEIC that its format is the reason', async () => {
    await expect(photos.encode(claiming(50_000, 50_000))).rejects.toThrow(/at most 120000000 pixels/);
    await expect(photos.encode(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'))).rejects.toThrow(/HEIC/);
  });
});

describe('sendPhoto', () => {
  test('sends the picture alone, under a name that says nothing', async () => {
    const { sender, receiver } = await pair({ sender: { photos } });
    const before = await picture('jpeg');
    const { message, sentAs } = await sender.chat.sendPhoto(before, { caption: 'home' });
    expect(sentAs).toBe('photo');
    expect(message).toMatchObject({ kind: 'file', caption: 'home', file: { width: 200, height: 400 } });
    const { file } = await receiver.untilFile('fetched');
    expect(file).toMatchObject({ name: 'photo.jpg', mediaType: 'image/jpeg', width: 200, height: 400 });
    expect(file.preview?.length).toBeGreaterThan(0);
    const content = Buffer.from(await receiver.content());
    expect(content.includes('Exif')).toBe(false);
    expect(content.includes('Alice')).toBe(false);
  });

  test('keeps the name that it is given, with the extension of what is sent', async () => {
    const { sender } = await pair({ sender: { photos } });
    const blob = new Blob([new Uint8Array(await picture('webp'))]);
    const { message } = await sender.chat.sendPhoto(blob, { name: '/home/me/cat.large.webp' });
    expect(message).toMatchObject({ file: { name: 'cat.large.jpg' } });
  });

  test.each([
    ['there is no encoder', undefined],
    ['the library is missing', sharpPhotos({ load: () => Promise.reject(new Error('Cannot find package')) })],
    ['the library is something else', sharpPhotos({ load: async () => ({}) })],
  ])('sends a plain file, and says so, where %s', async (_, encoder: PhotoEncoder | undefined) => {
    const { sender, receiver } = await pair({ sender: { photos: encoder } });
    const before = await picture('jpeg');
    const { message, sentAs } = await sender.chat.sendPhoto(before, { name: 'cat.jpg', mediaType: 'image/jpeg' });
    expect(sentAs).toBe('file');
    expect(message).toMatchObject({ file: { name: 'cat.jpg', mediaType: 'image/jpeg', size: before.length } });
    expect(message.kind === 'file' && message.file.width).toBeUndefined();
    await receiver.untilFile('fetched');
    expect(Buffer.compare(await receiver.content(), before)).toBe(0);
  });

  test('leaves nothing of what is no photo, too large, aborted, or changed; the source is closed', async () => {
    const { sender } = await pair({ sender: { photos } });
    let closed = 0;
    const source = (bytes: Uint8Array, size = bytes.length) => ({
      size,
      async *stream() {
        yield bytes;
      },
      close: async () => {
        closed += 1;
      },
    });
    const bytes = await picture('png');
    const failures = [
      [sender.chat.sendPhoto(source(sample(999))), 'PHOTO_UNREADABLE'],
      [sender.chat.sendPhoto(source(new Uint8Array(1), 64 * 1_048_576 + 1)), 'FILE_TOO_LARGE'],
      [sender.chat.sendPhoto(source(bytes, bytes.length + 1)), 'FILE_CHANGED'],
      [sender.chat.sendPhoto(source(bytes, bytes.length - 1)), 'FILE_CHANGED'],
    ] as const;
    for (const [sending, code] of failures) {
      const error = await sending.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(isClientError(error, code), code).toBe(true);
    }
    expect(closed).toBe(failures.length);
    await expect(sender.chat.sendPhoto(bytes, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(await sender.fileCount()).toBe(0);
  });
});
