import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boolean,
  boundedBytes,
  bytes,
  type CborValue,
  type Codec,
  decodeCbor,
  decodeWith,
  encodeCbor,
  encodeWith,
  list,
  map,
  named,
  optional,
  refine,
  text,
  tuple,
  uint,
} from '../src/index.ts';

const value: fc.Arbitrary<CborValue> = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.maxSafeNat(),
    fc.string({ unit: 'grapheme' }).filter((each) => !each.startsWith('\ufeff')),
    fc.boolean(),
    fc.uint8Array(),
  ),
  node: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 5 }),
    fc.array(fc.tuple(fc.string(), tie('node')), { maxLength: 5 }).map((entries) => new Map(entries as never)),
  ),
})).node as fc.Arbitrary<CborValue>;

describe('deterministic CBOR', () => {
  test('every value comes back, and encodes to the same bytes', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoded = encodeCbor(original);
        const decoded = decodeCbor(encoded);
        expect(decoded).toEqual(original);
        expect(encodeCbor(decoded)).toEqual(encoded);
      }),
    );
  });

  test('bytes mean one thing only: what decodes, encodes to exactly itself', () => {
    let decoded = 0;
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (original, at, byte) => {
        const encoded = encodeCbor(original);
        const changed = encoded.with(at % encoded.length, byte);
        let result: CborValue;
        try {
          result = decodeCbor(changed);
        } catch (error) {
          expect(error).toMatchObject({ name: 'CborError', code: 'MALFORMED' });
          return;
        }
        decoded++;
        expect(encodeCbor(result)).toEqual(changed);
      }),
      { numRuns: 2000 },
    );
    expect(decoded).toBeGreaterThan(100);
  });

  test.each([
    ['nothing', []],
    ['trailing bytes', [0x05, 0x05]],
    ['a number longer than needed', [0x18, 0x05]],
    ['an indefinite array', [0x9f, 0xff]],
    ['indefinite text', [0x7f, 0x61, 0x61, 0xff]],
    ['a tag', [0xc1, 0x05]],
    ['undefined', [0xf7]],
    ['infinity', [0xf9, 0x7c, 0x00]],
    ['not a number', [0xf9, 0x7e, 0x00]],
    ['a number above 2^53 - 1', [0x1b, 0x00, 0x20, 0, 0, 0, 0, 0, 0]],
    ['keys out of order', [0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02]],
    ['a key that is no text', [0xa1, 0x41, 0x01, 0x01]],
    ['a key of bytes twice', [0xa2, 0x41, 0x01, 0x00, 0x41, 0x01, 0x01]],
    ['nesting of 17', [...new Array(17).fill(0x81), 0x01]],
    ['a key twice', [0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02]],
    ['text that is not UTF-8', [0x61, 0xff]],
    ['a length far beyond the end', [0x5b, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['nesting that would exhaust the stack', new Array(100_000).fill(0x81)],
  ])('%s is refused', (_, encoded) => {
    expect(() => decodeCbor(Uint8Array.from(encoded))).toThrow(
      expect.objectContaining({ name: 'CborError', code: 'MALFORMED' }),
    );
  });

  test('nesting of 16 is read, and siblings do not count', () => {
    const deep = Uint8Array.from([...new Array(16).fill(0x81), 0x01]);
    expect(encodeCbor(decodeCbor(deep))).toEqual(deep);
    const wide = encodeCbor(Array.from({ length: 300 }, (_, i) => [[i], new Map([['k', [i]]]), new Uint8Array(300)]));
    expect(encodeCbor(decodeCbor(wide))).toEqual(wide);
  });

  test('a Node buffer may be read, and what was read does not depend on it', () => {
    const buffer = Buffer.from(encodeCbor([Uint8Array.of(1, 2, 3)]));
    const decoded = decodeCbor(buffer);
    buffer.fill(0);
    expect(decoded).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  test('keys with a meaning in JavaScript are just keys', () => {
    const decoded = decodeCbor(encodeCbor(new Map([['__proto__', new Map([['polluted', true]])]])));
    expect((decoded as Map<string, CborValue>).get('__proto__')).toBeInstanceOf(Map);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('schemas', () => {
  interface Note {
    readonly id: Uint8Array;
    readonly kind: 'draft' | 'final';
    readonly at: { readonly x: number; readonly y: number };
    readonly tags: readonly string[];
    readonly open: boolean;
    readonly extra?: Uint8Array;
  }
  const note: Codec<Note> = map<Note>({
    id: bytes(4),
    kind: named({ draft: 0, final: 1 }),
    at: tuple<Note['at']>({ x: uint(10), y: uint() }),
    tags: list(text(8, 1), 0, 2),
    open: boolean(),
    extra: optional(boundedBytes(1, 3)),
  });
  const good: Note = { id: Uint8Array.of(1, 2, 3, 4), kind: 'final', at: { x: 1, y: 2 }, tags: ['a'], open: true };

  test('a value goes there and back, with and without what is optional', () => {
    for (const each of [good, { ...good, extra: Uint8Array.of(1) }]) {
      expect(decodeWith(note, encodeWith(note, each, 'note'))).toEqual(each);
    }
  });

  test('unknown keys are ignored', () => {
    const encoded = encodeCbor((note.encode(good) as Map<string, CborValue>).set('later', 5));
    expect(decodeWith(note, encoded)).toEqual(good);
  });

  const bad: [string, object][] = [
    ['bytes of another size', { id: Uint8Array.of(1) }],
    ['a name that is none', { kind: 'other' }],
    ['a number out of range', { at: { x: 11, y: 0 } }],
    ['a fraction', { at: { x: 0.5, y: 0 } }],
    ['too many items', { tags: ['a', 'b', 'c'] }],
    ['text that is too short', { tags: [''] }],
    ['text that is too long', { tags: ['ääääb'] }],
    ['a lone surrogate', { tags: ['\ud800'] }],
    ['a byte order mark', { tags: ['\ufeffa'] }],
    ['bounded bytes out of bounds', { extra: new Uint8Array(4) }],
    ['no boolean', { open: 1 }],
    ['a missing field', { id: undefined }],
  ];

  test.each(bad)('%s is refused when writing', (_, change) => {
    expect(() => encodeWith(note, { ...good, ...change } as Note, 'note')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  const foreign: [string, CborValue | undefined, string][] = [
    ['no map', 5, ''],
    ['a name that is none', 2, 'kind'],
    ['a tuple of another length', [1], 'at'],
    ['a tuple that is none', 1, 'at'],
    ['a list that is none', 1, 'tags'],
    ['a missing field', undefined, 'open'],
  ];

  test.each(foreign)('%s is refused when reading', (_, change, field) => {
    const fields = note.encode(good) as Map<string, CborValue>;
    if (change === undefined) {
      fields.delete(field);
    } else if (field !== '') {
      fields.set(field, change);
    }
    const encoded = encodeCbor(field === '' ? (change as CborValue) : fields);
    expect(() => decodeWith(note, encoded)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  });

  test('a refined codec refuses in both directions', () => {
    const even = refine(uint(), (number) => number % 2 === 0);
    expect(decodeWith(even, encodeWith(even, 4, 'number'))).toBe(4);
    expect(() => encodeWith(even, 3, 'number')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => decodeWith(even, encodeCbor(3))).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  });
});
