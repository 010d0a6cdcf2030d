import { type CborValue, encodeCbor } from '@secret-chat/cbor';
import { describe, expect, test } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  type Reply,
  type Request,
  replySchemas,
  requestSchemas,
  WireError,
} from '../src/index.ts';
import { bytes, replies, requests } from './frames.ts';

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return (error as WireError).code;
  }
  return 'accepted';
}

const decode = (frame: Uint8Array) => code(() => decodeFrame(requestSchemas, frame));
const fieldsOf = (frame: object) => new Map<string, CborValue>(Object.entries(frame));
const withField = (frame: object, name: string, value: CborValue) =>
  decode(encodeCbor(fieldsOf(frame).set(name, value)));
const fromHex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('bytes that are no frame', () => {
  test.each([
    ['nothing', ''],
    ['a number', '01'],
    ['an empty map', 'a0'],
    ['a list', '80'],
    ['text', '6470696e67'],
    ['bytes left over', 'a262696402626f706470696e67 00'],
    ['bytes that end early', 'a262696402626f70647069'],
    ['keys in the wrong order', 'a2 626f70 6470696e67 626964 02'],
    ['a key twice', 'a3 626964 02 626964 02 626f70 6470696e67'],
    ['a long form of a number', 'a2 626964 1802 626f70 6470696e67'],
    ['a map of indefinite length', 'bf 626964 02 626f70 6470696e67 ff'],
    ['text of indefinite length', 'a2 626964 02 626f70 7f 6470696e67 ff'],
    ['a float', 'a2 626964 f94000 626f70 6470696e67'],
    ['a tag', 'a2 626964 c002 626f70 6470696e67'],
    ['null', 'a2 626964 f6 626f70 6470696e67'],
    ['undefined', 'a2 626964 f7 626f70 6470696e67'],
    ['a negative id', 'a2 626964 20 626f70 6470696e67'],
    ['an id of 0', 'a2 626964 00 626f70 6470696e67'],
    ['an id beyond u32', 'a2 626964 1b0000000100000000 626f70 6470696e67'],
    ['an id beyond 2^53', 'a2 626964 1bffffffffffffffff 626f70 6470696e67'],
    ['no id', 'a1 626f70 6470696e67'],
    ['no operation', 'a1 626964 02'],
    ['an operation that is a number', 'a2 626964 02 626f70 04'],
    ['an operation that is bytes', 'a2 626964 02 626f70 4470696e67'],
    ['an empty operation', 'a2 626964 02 626f70 60'],
    ['text that is not UTF-8', 'a2 626964 02 626f70 64ffffffff'],
    ['null in an unknown field', 'a3 6178 f6 626964 02 626f70 6470696e67'],
    ['a fraction in an unknown field', 'a3 6178 f93e00 626964 02 626f70 6470696e67'],
    ['a negative number in an unknown field', 'a3 6178 8120 626964 02 626f70 6470696e67'],
    ['a key that is no text in an unknown field', 'a3 6178 a10102 626964 02 626f70 6470696e67'],
    ['a number as a key', 'a3 01 02 626964 02 626f70 6470696e67'],
    ['a length that promises 2^53 bytes', 'a2 626964 5b001fffffffffffff'],
    ['a list that promises 2^32 items', 'a2 626964 9affffffff'],
    ['deep nesting', '81'.repeat(60_000)],
  ])('%s', (_, hex) => {
    expect(decode(fromHex(hex))).toBe('MALFORMED');
  });

  test.each(['pong', 'PUT', 'constructor', 'toString', '__proto__', 'hello'])('the operation %s is unknown', (op) => {
    expect(decode(encodeCbor(fieldsOf({ op, id: 1 })))).toBe('UNKNOWN_OPERATION');
  });

  test('a frame that is cut anywhere', () => {
    for (const frame of Object.values(requests) as Request[]) {
      const encoded = encodeFrame(requestSchemas, frame);
      for (let length = 0; length < encoded.length; length += Math.ceil(encoded.length / 300)) {
        expect(decode(encoded.subarray(0, length))).toBe('MALFORMED');
      }
    }
  });
});

describe('fields that break the schema', () => {
  const everyField = (Object.values(requests) as Request[]).flatMap((frame) =>
    Object.keys(frame)
      .filter((name) => name !== 'op')
      .map((name) => [frame.op, name, frame] as const),
  );

  test.each(everyField)('%s without %s, or with one of another type', (_, name, frame) => {
    const without = fieldsOf(frame);
    without.delete(name);
    expect(decode(encodeCbor(without))).toBe(name === 'after' ? 'accepted' : 'MALFORMED');
    expect(withField(frame, name, true)).toBe('MALFORMED');
    expect(withField(frame, name, new Map())).toBe('MALFORMED');
  });

  test.each(everyField.filter(([, name, frame]) => fieldsOf(frame).get(name) instanceof Uint8Array))(
    '%s with %s of another size',
    (_, name, frame) => {
      const { length } = fieldsOf(frame).get(name) as Uint8Array;
      for (const size of [0, length - 1, length + 1]) {
        expect(withField(frame, name, bytes(size))).toBe('MALFORMED');
      }
    },
  );

  test('lists are bounded', () => {
    expect(withField(requests.ack, 'hashes', [])).toBe('MALFORMED');
    expect(withField(requests.ack, 'hashes', Array(256).fill(bytes(32)))).toBe('accepted');
    expect(withField(requests.ack, 'hashes', Array(257).fill(bytes(32)))).toBe('MALFORMED');
    expect(withField(requests.ack, 'hashes', [bytes(31)])).toBe('MALFORMED');
    expect(withField(requests.putCard, 'prekeys', [])).toBe('accepted');
    expect(withField(requests.putCard, 'prekeys', Array(41).fill(bytes(1364)))).toBe('MALFORMED');
    expect(withField(requests.addPrekeys, 'prekeys', [bytes(1365)])).toBe('MALFORMED');
  });

  test('tokens are 1 to 256 bytes of UTF-8', () => {
    expect(withField(requests.auth, 'token', '')).toBe('MALFORMED');
    expect(withField(requests.auth, 'token', 'é'.repeat(128))).toBe('accepted');
    expect(withField(requests.auth, 'token', 'é'.repeat(129))).toBe('MALFORMED');
  });

  test('periods out of range are frames: the relay answers them (§2)', () => {
    expect(withField(requests.put, 'ttlHours', 0)).toBe('accepted');
    expect(withField(requests.put, 'ttlHours', 100_000)).toBe('accepted');
    expect(withField(requests.open, 'idleWeeks', 105)).toBe('accepted');
  });

  test('unknown keys are ignored', () => {
    const frame = encodeCbor(fieldsOf(requests.ping).set('later', [1, 'x']).set('__proto__', 1));
    expect(decodeFrame(requestSchemas, frame)).toEqual(requests.ping);
  });
});

describe('replies', () => {
  test('a code without a name is refused', () => {
    const frame = encodeCbor(fieldsOf({ op: 'error', id: 1, code: 99 }));
    expect(code(() => decodeFrame(replySchemas, frame))).toBe('MALFORMED');
  });

  test.each(Object.values(replies) as Reply[])('$op is not a request', (frame) => {
    expect(decode(encodeFrame(replySchemas, frame))).toBe('UNKNOWN_OPERATION');
  });
});

describe('encoding', () => {
  test('refuses what breaks the schema', () => {
    const broken = { ...requests.put, address: bytes(31) };
    expect(code(() => encodeFrame(requestSchemas, broken))).toBe('INVALID_ARGUMENT');
    expect(code(() => encodeFrame(requestSchemas, { op: 'nothing', id: 1 } as never))).toBe('INVALID_ARGUMENT');
    expect(code(() => encodeFrame(requestSchemas, { op: 'toString', id: 1 } as never))).toBe('INVALID_ARGUMENT');
  });
});
