import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, type Request, requestSchemas, WireError } from '../src/index.ts';
import { requests } from './frames.ts';

const encoded = (Object.values(requests) as Request[]).map((frame) => encodeFrame(requestSchemas, frame));

/** Whatever is accepted is written back to the very same bytes, unless a key was unknown; the rest is refused by name. */
function decodesOrRefuses(bytes: Uint8Array): void {
  let frame: Request;
  try {
    frame = decodeFrame(requestSchemas, bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return;
  }
  const again = encodeFrame(requestSchemas, frame);
  expect(decodeFrame(requestSchemas, again)).toEqual(frame);
  expect(again.length).toBeLessThanOrEqual(bytes.length);
}

describe('fuzz', () => {
  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 512 }), decodesOrRefuses), { numRuns: 20_000 });
  });

  test('frames with bytes changed, cut and repeated', () => {
    const mutation = fc.record({
      frame: fc.constantFrom(...encoded),
      changes: fc.array(fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      end: fc.option(fc.nat(600)),
      tail: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(mutation, ({ frame, changes, end, tail }) => {
        const bytes = new Uint8Array([...frame.subarray(0, end ?? frame.length), ...tail]);
        for (const [at, value] of changes) {
          if (bytes.length > 0) {
            bytes[at % bytes.length] = value;
          }
        }
        decodesOrRefuses(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});
