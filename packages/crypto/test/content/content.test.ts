import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Content,
  contentCapacity,
  decodeBody,
  decodeContent,
  digestEntry,
  emptyDigest,
  encodeBody,
  encodeContent,
  extendDigest,
  hashContent,
  sizeClassFor,
} from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('content');
const route = { relay: 'wss://relay.example', address: random(32) };
const ref = { sender: 'responder', seq: 7 } as const;
const descriptor = {
  key: random(32),
  size: 123_456,
  name: 'photo.webp',
  mediaType: 'image/webp',
  relay: route.relay,
  expiresAt: 1_800_000_000,
  preview: random(25),
  width: 640,
  height: 480,
};
const { preview: _, width: __, height: ___, ...plainDescriptor } = descriptor;

const EVERY_CONTENT: readonly Content[] = [
  { type: 'request', ...route, text: 'hello' },
  { type: 'request', ...route },
  { type: 'accept', ...route },
  { type: 'text', text: 'grüße 👋' },
  { type: 'text', text: '', replyTo: ref },
  { type: 'file', file: descriptor, caption: 'a caption', replyTo: { sender: 'initiator', seq: 1 } },
  { type: 'file', file: plainDescriptor },
  { type: 'read', messages: [{ seq: 1, ageMs: 0 }] },
  { type: 'viewed', messages: [{ seq: 9, ageMs: 123_456 }] },
  { type: 'timer', timer: 'off' },
  { type: 'timer', timer: 'once' },
  { type: 'timer', timer: 60 },
  { type: 'delete', messages: [ref] },
  { type: 'clear', initiator: 3, responder: 0 },
  { type: 'end' },
  { type: 'screenshot', message: ref },
  { type: 'screenshot' },
  { type: 'address', ...route },
  { type: 'resend', ranges: [{ from: 1, to: 4 }] },
  { type: 'gone', hash: random(16) },
  { type: 'fetched', seq: 5 },
  { type: 'needPieces', seq: 5, ranges: [{ from: 0, to: 0 }] },
  { type: 'noop' },
  { type: 'typing' },
];

function seqOf(content: Content): number {
  return content.type === 'noop' || content.type === 'typing' ? 0 : 1;
}

describe('content', () => {
  test.each(EVERY_CONTENT)('$type goes there and back', (content) => {
    const bytes = encodeContent(content, random);
    expect(decodeContent(bytes, seqOf(content))).toEqual({ kind: 'known', content });
    expect(sizeClassFor(bytes.length)).toBe('standard');
  });

  test('says each thing differently each time, unless it is not sequenced', () => {
    for (const content of EVERY_CONTENT) {
      const [first, second] = [encodeContent(content, random), encodeContent(content, random)];
      expect(Buffer.compare(first, second) === 0).toBe(seqOf(content) === 0);
    }
  });

  test('a seq of 0 for what is sequenced, and the reverse, are malformed', () => {
    for (const content of EVERY_CONTENT) {
      expect(decodeContent(encodeContent(content, random), 1 - seqOf(content))).toEqual({ kind: 'malformed' });
    }
  });

  test('the largest lists fit a standard envelope', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    const many = <T>(item: T) => Array.from({ length: 64 }, () => item);
    const contents: Content[] = [
      { type: 'read', messages: many({ seq: largest, ageMs: largest }) },
      { type: 'delete', messages: many({ sender: 'responder', seq: largest }) },
      { type: 'resend', ranges: many({ from: largest, to: largest }) },
      { type: 'needPieces', seq: largest, ranges: many({ from: largest, to: largest }) },
    ];
    for (const content of contents) {
      expect(sizeClassFor(encodeContent(content, random).length)).toBe('standard');
    }
  });

  test('an unknown type is told as sent by a newer version', () => {
    const bytes = encode({ type: 'hologram', salt: random(8), depth: 3 });
    expect(decodeContent(bytes, 4)).toEqual({ kind: 'unknown', type: 'hologram' });
    expect(decodeContent(encode({ type: 'toString' }), 4)).toEqual({ kind: 'unknown', type: 'toString' });
  });

  test('unknown fields are ignored', () => {
    const bytes = encode({ type: 'text', salt: random(8), text: 'hi', colour: 'red' });
    expect(decodeContent(bytes, 1)).toEqual({ kind: 'known', content: { type: 'text', text: 'hi' } });
  });

  test.each([
    ['no map', encode(5)],
    ['no type', encode({ salt: random(8), text: 'x' })],
    ['a type that is no text', encode({ type: 5 })],
    ['an empty type', encode({ type: '' })],
    ['no salt', encode({ type: 'text', text: 'x' })],
    ['a short salt', encode({ type: 'text', text: 'x', salt: random(7) })],
    ['no text', encode({ type: 'text', salt: random(8) })],
    ['text that is bytes', encode({ type: 'text', salt: random(8), text: random(3) })],
    ['an empty list', encode({ type: 'read', salt: random(8), messages: [] })],
    ['a list that is none', encode({ type: 'read', salt: random(8), messages: 5 })],
    ['a list too long', encode({ type: 'read', salt: random(8), messages: Array(65).fill([1, 1]) })],
    ['a tuple too long', encode({ type: 'read', salt: random(8), messages: [[1, 1, 1]] })],
    ['a tuple that is none', encode({ type: 'read', salt: random(8), messages: [{}] })],
    ['a negative number', encode({ type: 'fetched', salt: random(8), seq: -1 })],
    ['a float', encode({ type: 'fetched', salt: random(8), seq: 1.5 })],
    ['a number above 2^53-1', encode({ type: 'fetched', salt: random(8), seq: 2n ** 60n })],
    ['a range from seq 0', encode({ type: 'resend', salt: random(8), ranges: [[0, 1]] })],
    ['a reference to seq 0', encode({ type: 'delete', salt: random(8), messages: [[0, 0]] })],
    ['text with a byte order mark', encode({ type: 'text', salt: random(8), text: '\ufeffx' })],
    ['a range that runs backwards', encode({ type: 'resend', salt: random(8), ranges: [[2, 1]] })],
    ['a sender that is nobody', encode({ type: 'delete', salt: random(8), messages: [[2, 1]] })],
    ['a relay that is none', encode({ type: 'accept', salt: random(8), relay: 'https://x', address: random(32) })],
    [
      'a relay not in canonical form',
      encode({ type: 'accept', salt: random(8), relay: 'wss://X', address: random(32) }),
    ],
    ['a short address', encode({ type: 'accept', salt: random(8), relay: 'wss://x', address: random(31) })],
    ['a timer beyond u32', encode({ type: 'timer', salt: random(8), timer: 2 ** 32 })],
    ['keys out of order', Uint8Array.of(0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02)],
    ['a key twice', Uint8Array.of(0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02)],
    ['a number longer than needed', Uint8Array.of(0x18, 0x05)],
    ['an indefinite length', Uint8Array.of(0x9f, 0xff)],
    ['a tag', Uint8Array.of(0xc1, 0x05)],
    ['trailing bytes', Uint8Array.of(0x05, 0x05)],
    ['nothing', new Uint8Array(0)],
    ['nesting that would exhaust the stack', new Uint8Array(13_946).fill(0x81)],
    ['a length it does not have', Uint8Array.of(0x5b, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['an array length it does not have', Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff)],
    ['broken padding', undefined],
  ])('%s is malformed', (_name, bytes) => {
    expect(decodeContent(bytes, 1)).toEqual({ kind: 'malformed' });
  });

  test('random and mutated bytes never do more than be malformed', () => {
    const text = encodeContent({ type: 'file', file: descriptor, replyTo: ref }, random);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(text.length - 1), fc.nat(255), (bytes, at, value) => {
        decodeContent(bytes, 1);
        decodeContent(text.with(at, value), 1);
      }),
      { numRuns: 500 },
    );
  });

  test('what breaks its schema is refused by the sender', () => {
    const bad = [
      { type: 'text', text: '\ud800' },
      { type: 'text', text: '\ufefftext' },
      { type: 'fetched', seq: 0 },
      { type: 'text' },
      { type: 'fetched', seq: -1 },
      { type: 'read', messages: [] },
      { type: 'delete', messages: [{ sender: 'nobody', seq: 1 }] },
      { type: 'gone', hash: random(15) },
      { type: 'hologram' },
      { type: 'timer', timer: 0.5 },
    ];
    for (const content of bad) {
      expectCode('INVALID_ARGUMENT', () => encodeContent(content as unknown as Content, random));
    }
  });
});

describe('body', () => {
  const prefix = { seq: 12, ack: 34, digest: random(16), timer: 60 } as const;

  test('capacities are 1489, 1658 and 13,946 bytes', () => {
    expect(contentCapacity('request')).toBe(1489);
    expect(contentCapacity('standard')).toBe(1658);
    expect(contentCapacity('large')).toBe(13_946);
    for (const sizeClass of ['request', 'standard', 'large'] as const) {
      const content = random(contentCapacity(sizeClass));
      expect(decodeBody(encodeBody(sizeClass, prefix, content))).toEqual({ ...prefix, content });
      expectCode('TOO_LONG', () => encodeBody(sizeClass, prefix, random(content.length + 1)));
    }
    expect(sizeClassFor(1659)).toBe('large');
    expectCode('TOO_LONG', () => sizeClassFor(13_947));
  });

  test('the prefix is read when the padding is broken', () => {
    const body = encodeBody('standard', prefix, random(10)).fill(0, 36);
    expect(decodeBody(body)).toEqual({ ...prefix, content: undefined });
    const marked = encodeBody('standard', prefix, random(10));
    marked[marked.length - 1] = 1;
    expect(decodeBody(marked).content).toBeUndefined();
  });

  test('another size, and counters that no honest sender reaches, are refused', () => {
    expectCode('MALFORMED', () => decodeBody(random(100)));
    const body = encodeBody('standard', prefix, random(10));
    expectCode('MALFORMED', () => decodeBody(body.with(0, 0xff)));
    expectCode('MALFORMED', () => decodeBody(body.with(8, 0xff)));
    expectCode('INVALID_ARGUMENT', () => encodeBody('standard', { ...prefix, seq: -1 }, random(1)));
    expectCode('INVALID_ARGUMENT', () => encodeBody('standard', { ...prefix, digest: random(15) }, random(1)));
    expectCode('INVALID_ARGUMENT', () => encodeBody('standard', { ...prefix, timer: 0 }, random(1)));
  });
});

describe('digest', () => {
  test('is the same whether a content arrives, or the `gone` that stands for it', () => {
    const text = encodeContent({ type: 'text', text: 'gone before it came' }, random);
    const gone = encodeContent({ type: 'gone', hash: hashContent(text, 60) }, random);
    const entry = digestEntry(text, 60, decodeContent(text, 1));
    expect(entry).toEqual(hashContent(text, 60));
    expect(digestEntry(gone, 'off', decodeContent(gone, 1))).toEqual(entry);
    expect(digestEntry(undefined, 60, decodeContent(undefined, 1))).toEqual(hashContent(new Uint8Array(0), 60));
  });

  test('depends on each content, its timer and their order', () => {
    const [first, second] = [random(20), random(20)];
    const digest = (...contents: [Uint8Array, 'off' | number][]) =>
      contents.reduce((sum, [bytes, timer], i) => extendDigest(sum, i + 1, hashContent(bytes, timer)), emptyDigest());
    const digests = [
      digest([first, 'off'], [second, 'off']),
      digest([second, 'off'], [first, 'off']),
      digest([first, 5], [second, 'off']),
      digest([first, 'off']),
      emptyDigest(),
    ].map((each) => Buffer.from(each).toString('hex'));
    expect(new Set(digests).size).toBe(digests.length);
    expect(extendDigest(emptyDigest(), 2, hashContent(first, 'off'))).not.toEqual(digest([first, 'off']));
  });

  test('refuses other sizes', () => {
    expectCode('INVALID_ARGUMENT', () => extendDigest(random(15), 1, random(16)));
    expectCode('INVALID_ARGUMENT', () => extendDigest(random(16), 1, random(32)));
  });
});
