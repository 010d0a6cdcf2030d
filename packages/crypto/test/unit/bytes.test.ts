import { describe, expect, test } from 'vitest';
import { ByteReader, concat, fromUtf8, lengthPrefixed, pad, u32, u64, unpad, utf8 } from '../../src/bytes.ts';
import { expectCode } from '../support/errors.ts';
import { fromHex, toHex } from '../support/third-party.ts';

test('concat joins in order and copies', () => {
  const part = Uint8Array.of(1);
  const joined = concat(part, new Uint8Array(0), Uint8Array.of(2, 3));
  part[0] = 9;
  expect(joined).toEqual(Uint8Array.of(1, 2, 3));
  expect(concat()).toEqual(new Uint8Array(0));
});

describe('UTF-8', () => {
  test.each(['', 'plain', 'ä€😀', '\ufeffmark kept'])('%j comes back', (text) => {
    expect(fromUtf8(utf8(text))).toBe(text);
  });

  test.each(['ff', 'c0af', 'eda080', 'f5808080', 'e282'])('%s is refused, not replaced', (hex) => {
    expectCode('MALFORMED', () => fromUtf8(fromHex(hex)));
  });
});

describe('integers are big-endian', () => {
  test.each([
    [0, '00000000'],
    [0x0102_0304, '01020304'],
    [0xffff_ffff, 'ffffffff'],
  ])('u32(%d)', (value, hex) => {
    expect(toHex(u32(value))).toBe(hex);
  });

  test.each([
    [0, '0000000000000000'],
    [0xffff_ffff, '00000000ffffffff'],
    [0x1_0000_0000, '0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ])('u64(%d)', (value, hex) => {
    expect(toHex(u64(value))).toBe(hex);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 0x1_0000_0000])('u32 refuses %d', (value) => {
    expectCode('INVALID_ARGUMENT', () => u32(value));
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('u64 refuses %d', (value) => {
    expectCode('INVALID_ARGUMENT', () => u64(value));
  });
});

test('a length prefix is four bytes', () => {
  expect(toHex(lengthPrefixed(utf8('abc')))).toBe('00000003616263');
  expect(toHex(lengthPrefixed(new Uint8Array(0)))).toBe('00000000');
});

describe('padding', () => {
  test('is 0x80 and zeros', () => {
    expect(toHex(pad(utf8('ab'), 5))).toBe('6162800000');
    expect(toHex(pad(utf8('ab'), 3))).toBe('616280');
    expect(toHex(pad(new Uint8Array(0), 1))).toBe('80');
  });

  test('needs room for its marker', () => {
    expectCode('TOO_LONG', () => pad(utf8('ab'), 2));
    expectCode('TOO_LONG', () => pad(new Uint8Array(0), 0));
  });

  test.each(['', '61', '6180', '80', '6100', '808000'])('%s comes back', (hex) => {
    expect(toHex(unpad(pad(fromHex(hex), 8)))).toBe(hex);
  });

  test.each(['', '00', '0000', '61', '8001', '810000', '617f'])('%s is no padding', (hex) => {
    expectCode('MALFORMED', () => unpad(fromHex(hex)));
  });
});

describe('ByteReader', () => {
  const reader = (hex: string) => new ByteReader(fromHex(hex), 'thing');

  test('reads field after field', () => {
    const read = reader('07000000080000000100000002aabbcc');
    expect(read.remaining).toBe(16);
    expect(read.u8()).toBe(7);
    expect(read.u32()).toBe(8);
    expect(read.u64()).toBe(0x1_0000_0002);
    expect(read.take(2)).toEqual(Uint8Array.of(0xaa, 0xbb));
    expect(read.copy(1)).toEqual(Uint8Array.of(0xcc));
    expect(read.remaining).toBe(0);
    read.end();
  });

  test('reads at the right place of a larger buffer', () => {
    const inner = fromHex('ffffffff00000009').subarray(4);
    expect(new ByteReader(inner, 'thing').u32()).toBe(9);
  });

  test('take lends, copy owns', () => {
    const bytes = Uint8Array.of(1, 2);
    const read = new ByteReader(bytes, 'thing');
    const lent = read.take(1);
    const owned = read.copy(1);
    bytes.fill(0);
    expect([lent[0], owned[0]]).toEqual([0, 2]);
  });

  test('refuses truncated, left-over and too large', () => {
    expectCode('MALFORMED', () => reader('').u8());
    expectCode('MALFORMED', () => reader('000000').u32());
    expectCode('MALFORMED', () => reader('00000000000000').u64());
    expectCode('MALFORMED', () => reader('00').take(2));
    expectCode('MALFORMED', () => reader('00').end());
    expectCode('MALFORMED', () => reader('0020000000000000').u64());
    expect(reader('001fffffffffffff').u64()).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('names the format and the size, not the bytes', () => {
    expect(() => reader('5353').end()).toThrow('thing has 2 trailing bytes');
  });
});
