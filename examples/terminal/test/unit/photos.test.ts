import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import type Sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findSharp } from '../../src/photos/sharp-library.ts';
import { sharpPhotos } from '../../src/photos/sharp-reader.ts';
import { blurredPreview } from '../../src/photos/thumb-hash.ts';

const reader = await sharpPhotos.load();
const sharp = (await findSharp()) as typeof Sharp;

/** Red, half as high as wide, turned by its camera, with a name in it. */
function photo(format: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff', width = 200): Promise<Buffer> {
  return sharp({ create: { width, height: width / 2, channels: 3, background: '#ff0000' } })
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Artist: 'Alice Example' } })
    .toFormat(format)
    .toBuffer();
}

/** A PNG with so many lines of nothing in it. */
function emptyPng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0], 8);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const lines = deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', lines), chunk('IEND', Buffer.alloc(0))]);
}

describe.skipIf(reader === undefined)('photos that arrived (skipped where sharp is not installed)', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('of %s are shown upright, no larger than a screen', async (format) => {
    const shown = (await reader?.read(await photo(format, 1000), false)) ?? expect.fail();
    expect([shown.width, shown.height, shown.rgba.length]).toEqual([160, 320, 160 * 320 * 4]);
    expect(shown.rgba[0]).toBeGreaterThan(250);
    expect(shown.rgba[3]).toBe(255);
    expect(shown.png).toBeUndefined();
  });

  it('are a PNG of the picture alone for terminals that draw pictures', async () => {
    const before = await photo('jpeg', 3000);
    expect(before.includes('Alice Example')).toBe(true);
    const { png = expect.fail() } = (await reader?.read(before, true)) ?? {};
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 512, height: 1024, hasAlpha: false });
    expect(Buffer.from(png).includes('Alice Example')).toBe(false);
    // Signature, header, data, end: nothing that anybody wrote beside the picture.
    const chunks = [
      ...Buffer.from(png)
        .toString('latin1')
        .matchAll(/IHDR|pHYs|tEXt|iTXt|zTXt|eXIf|iCCP|IEND/g),
    ];
    expect(chunks.map(([type]) => type).filter((type) => type !== 'pHYs')).toEqual(['IHDR', 'IEND']);
  });

  it('leave the formats alone that the other part of the program sends', async () => {
    await expect(sharp(await photo('gif')).metadata()).resolves.toMatchObject({ format: 'gif' });
    await expect(sharp(await photo('avif')).metadata()).resolves.toMatchObject({ format: 'heif' });
  });

  it('of one pixel a line are lines', async () => {
    const line = (await reader?.read(emptyPng(1, 60_000), true)) ?? expect.fail();
    expect([line.width, line.height]).toEqual([1, 320]);
    expect(line.png?.length).toBeLessThan(5000);
  });

  it.each([
    ['a drawing (SVG)', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a GIF', () => photo('gif')],
    ['an AVIF', () => photo('avif')],
    ['a TIFF', () => photo('tiff')],
    ['nothing', () => Buffer.alloc(0)],
    ['noise', () => Buffer.alloc(999, 7)],
    ['20,000 × 20,000 pixels', () => emptyPng(20_000, 20_000)],
    ['cut off', async () => (await photo('jpeg', 1000)).subarray(0, 2000)],
  ])('are not %s', async (_, bytes) => {
    await expect(reader?.read(await bytes(), false)).rejects.toThrow();
  });
});

describe('a blurred preview', () => {
  it('is small, or none, whatever the other side sends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (hash) => {
        const pixels = blurredPreview(hash);
        if (pixels !== undefined) {
          expect(Math.max(pixels.width, pixels.height)).toBeLessThanOrEqual(32);
          expect(pixels.rgba).toHaveLength(pixels.width * pixels.height * 4);
        }
      }),
    );
  });
});
