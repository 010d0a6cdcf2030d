import fc from 'fast-check';
import type Sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { sharpPhotos } from '../../src/photos/sharp-photos.ts';
import { blurredPreview } from '../../src/photos/thumb-hash.ts';

const codec = await sharpPhotos.load();
const sharp = codec && (await import('sharp')).default;

/** 200 × 100, red, turned by its camera, with a place and a name in it. */
function photo(format: 'jpeg' | 'png' | 'webp' = 'jpeg', width = 200): Promise<Buffer> {
  const create = { width, height: width / 2, channels: 3, background: '#ff0000' } as const;
  const exif = { IFD0: { Artist: 'Alice Example' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } };
  return (sharp as typeof Sharp)({ create })
    .withMetadata({ orientation: 6 })
    .withExifMerge(exif)
    .toFormat(format)
    .toBuffer();
}

describe.skipIf(codec === undefined)('photos (skipped where sharp is not installed)', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    'of %s are sent upright, smaller, and without what a camera wrote',
    async (format) => {
      const before = await photo(format, 6000);
      const { bytes, width, height, mediaType, preview } = (await codec?.encode(before)) ?? expect.fail();
      expect([width, height, mediaType]).toEqual([1280, 2560, 'image/jpeg']);
      expect(Buffer.from(bytes).includes('Exif')).toBe(false);
      expect(Buffer.from(bytes).includes('Alice')).toBe(false);
      expect(await sharp?.(bytes).metadata()).not.toHaveProperty('exif');
      expect(preview.length).toBeLessThanOrEqual(64);
      const blurred = blurredPreview(preview) ?? expect.fail();
      expect(blurred.height).toBeGreaterThan(blurred.width);
      expect(blurred.rgba[0]).toBeGreaterThan(200);
      expect(blurred.rgba[1]).toBeLessThan(50);
    },
  );

  it('are shown upright, in as many pixels as are wanted', async () => {
    const { width, height, rgba } = (await codec?.decode(await photo(), 50)) ?? expect.fail();
    expect([width, height, rgba.length]).toEqual([25, 50, 25 * 50 * 4]);
    expect(rgba[0]).toBeGreaterThan(250);
    expect(rgba[3]).toBe(255);
  });

  it.each([
    ['a drawing (SVG)', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.alloc(999, 7)],
  ])('are not %s', async (_, bytes) => {
    await expect(codec?.decode(bytes, 50)).rejects.toThrow();
    await expect(codec?.encode(bytes)).rejects.toThrow();
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
