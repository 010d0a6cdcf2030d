import { createHash } from 'node:crypto';
import { encodeCbor } from '@secret-chat/cbor';
import { describe, expect, test } from 'vitest';
import {
  addressInput,
  decodeFrame,
  encodeFrame,
  MAX_FRAME_SIZE,
  MAX_PREKEYS_PER_FRAME,
  proofInput,
  RELAY_ERRORS,
  type Reply,
  type Request,
  receivedProofInput,
  replySchemas,
  requestSchemas,
} from '../src/index.ts';
import { bytes, replies, requests } from './frames.ts';

const toHex = (value: Uint8Array) => Buffer.from(value).toString('hex');

describe('every frame there and back', () => {
  test.each(Object.values(requests) as Request[])('request $op', (frame) => {
    const encoded = encodeFrame(requestSchemas, frame);
    expect(decodeFrame(requestSchemas, encoded)).toEqual(frame);
    expect(encodeFrame(requestSchemas, decodeFrame(requestSchemas, encoded))).toEqual(encoded);
    // What arrives in a Buffer that shares its memory is the same frame.
    const shared = Buffer.concat([bytes(3), encoded, bytes(3)]).subarray(3, 3 + encoded.length);
    expect(encodeFrame(requestSchemas, decodeFrame(requestSchemas, shared))).toEqual(encoded);
  });

  test.each(Object.values(replies) as Reply[])('reply $op', (frame) => {
    const encoded = encodeFrame(replySchemas, frame);
    expect(decodeFrame(replySchemas, encoded)).toEqual(frame);
  });

  test.each(Object.keys(RELAY_ERRORS) as (keyof typeof RELAY_ERRORS)[])('error %s', (code) => {
    const encoded = encodeFrame(replySchemas, { op: 'error', id: 1, code });
    expect(decodeFrame(replySchemas, encoded)).toEqual({ op: 'error', id: 1, code });
  });

  test('error numbers are those of the document', () => {
    expect(Object.values(RELAY_ERRORS)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
  });

  test('the largest frame fits', () => {
    const prekeys = Array.from({ length: MAX_PREKEYS_PER_FRAME }, () => bytes(1364));
    expect(encodeFrame(requestSchemas, { ...requests.putCard, prekeys }).length).toBeLessThan(MAX_FRAME_SIZE);
    const item = { kind: 'envelope', bytes: bytes(16_384), expiresAt: 2_000_000_000 } as const;
    const page: Reply = { op: 'ok', id: 1, items: [item, item, item], next: 9 };
    expect(encodeFrame(replySchemas, page).length).toBeLessThan(MAX_FRAME_SIZE);
  });
});

describe('the bytes that the document gives', () => {
  test('a ping is these bytes (§3.1)', () => {
    // map(2), "id": 2, "op": "ping"
    expect(toHex(encodeFrame(requestSchemas, requests.ping))).toBe('a2626964 02 626f70 6470696e67'.replaceAll(' ', ''));
  });

  test('the input of an address (§4.1)', () => {
    const input = addressInput(bytes(32, 1), bytes(32, 2));
    expect(toHex(input)).toBe(
      `${toHex(Buffer.from('secret-chat/v1/relay/address'))}${'01'.repeat(32)}${'02'.repeat(32)}`,
    );
    expect(createHash('sha256').update(input).digest()).toHaveLength(32);
  });

  test('the input of a proof (§3.3)', () => {
    const { proof: _, ...request } = requests.subscribe;
    const zeros = encodeFrame(requestSchemas, { ...request, proof: bytes(64, 0) });
    expect(toHex(proofInput('ws://127.0.0.1:8787', bytes(32, 5), request))).toBe(
      [
        Buffer.from('secret-chat/v1/relay/proof').toString('hex'),
        '00000013',
        Buffer.from('ws://127.0.0.1:8787').toString('hex'),
        '05'.repeat(32),
        toHex(zeros),
      ].join(''),
    );
  });

  test('a received frame gives the same input, with the fields of a later version', () => {
    const { proof: _, ...request } = requests.open;
    const frame = encodeFrame(requestSchemas, requests.open);
    const made = proofInput('wss://relay.example', bytes(32, 5), request);
    expect(receivedProofInput('wss://relay.example', bytes(32, 5), frame)).toEqual(made);

    const later = (proof: Uint8Array) =>
      encodeCbor(
        new Map<string, number | string | Uint8Array>([...Object.entries({ ...requests.open, proof }), ['zone', 3]]),
      );
    expect(decodeFrame(requestSchemas, later(bytes(64, 3)))).toEqual(requests.open);
    const signed = receivedProofInput('wss://relay.example', bytes(32, 5), later(bytes(64, 3)));
    expect(toHex(signed).endsWith(toHex(later(bytes(64, 0))))).toBe(true);
  });
});
