import { describe, expect, test } from 'vitest';
import { decryptMessage, ENVELOPE_SIZE, encryptMessage, Identity, initiateChat } from '../../src/index.ts';
import { bodyOf, makeInviter, meet, NOW, readInvite, requestBody } from '../support/chat.ts';
import { seededRandom } from '../support/random.ts';

/**
 * Pearson's chi-squared over the 256 byte values, at one position of many envelopes or over all of them. With 255
 * degrees of freedom the mean is 255 and the standard deviation 22.6; 255 + 8 · 22.6 is exceeded by uniform bytes
 * about once in 10^13 tests, and by a constant or a counter always.
 */
const LIMIT = 255 + 8 * 22.6;

function chiSquared(counts: Uint32Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The worst position, and all bytes together. */
function worst(envelopes: readonly Uint8Array[]): { position: number; overall: number } {
  const size = envelopes[0]?.length ?? 0;
  const overall = new Uint32Array(256);
  let position = 0;
  for (let at = 0; at < size; at++) {
    const counts = new Uint32Array(256);
    for (const envelope of envelopes) {
      const byte = envelope[at] as number;
      counts[byte] = (counts[byte] as number) + 1;
      overall[byte] = (overall[byte] as number) + 1;
    }
    position = Math.max(position, chiSquared(counts));
  }
  return { position, overall: chiSquared(overall) };
}

function conversation(count: number): Uint8Array[] {
  const random = seededRandom('randomness');
  const { initiated, responded } = meet('randomness');
  const first = encryptMessage(responded.state, 'standard', bodyOf('accepted'), random);
  const accepted = decryptMessage(initiated.state, first.envelope, NOW);
  if (accepted.outcome !== 'new') {
    throw new Error('the first message was not read');
  }
  // Always the same text from the same state, with the same keys and the same header: whatever repeats would show.
  const { state } = encryptMessage(accepted.state, 'standard', bodyOf('first'), random);
  return Array.from(
    { length: count },
    () => encryptMessage(state, 'standard', bodyOf('the same text'), random).envelope,
  );
}

describe('bytes of envelopes', () => {
  const envelopes = conversation(2560);

  test('cannot be told from random ones, at any position', () => {
    const { position, overall } = worst(envelopes);
    expect(position).toBeLessThan(LIMIT);
    expect(overall).toBeLessThan(LIMIT);
  });

  test('the test itself notices a constant byte and a counter in the clear', () => {
    const marked = envelopes.map((envelope) => envelope.with(100, 0x42));
    expect(worst(marked).position).toBeGreaterThan(LIMIT);
    const counted = envelopes.map((envelope, i) => envelope.with(100, i >> 8));
    expect(worst(counted).position).toBeGreaterThan(LIMIT);
    const tagged = envelopes.map((envelope) => {
      const copy = envelope.slice();
      copy.fill(0, 200, 216);
      return copy;
    });
    expect(worst(tagged).overall).toBeGreaterThan(LIMIT);
  });

  test('a request looks like any other envelope', () => {
    const random = seededRandom('requests');
    const inviter = makeInviter(random);
    const { card, oneTimePrekey } = readInvite(inviter);
    const identity = Identity.generate(random);
    const keys = inviter.inviteKeys;
    const requests = Array.from({ length: 1280 }, () => {
      const options = { identity, name: 'Alice', keys, card, oneTimePrekey, body: requestBody() };
      return initiateChat(options, random).envelope;
    });
    expect(requests.every((request) => request.length === ENVELOPE_SIZE.standard)).toBe(true);
    const { position, overall } = worst(requests);
    expect(position).toBeLessThan(LIMIT);
    expect(overall).toBeLessThan(LIMIT);
  });
});
