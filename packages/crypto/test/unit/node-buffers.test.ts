import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import {
  deserializeCardKeys,
  deserializeOneTimePrekey,
  deserializeState,
  encryptMessage,
  openRequest,
  respondToRequest,
  Secret,
  serializeCardKeys,
  serializeOneTimePrekey,
  serializeState,
} from '../../src/index.ts';
import { bodyOf, makeInviter, meet } from '../support/chat.ts';
import { seededRandom } from '../support/random.ts';

/** A `Buffer` is a `Uint8Array` whose `slice` is a view: nothing may keep a reference into one that a caller wipes. */

const random = seededRandom('buffers');

test('a restored state does not depend on the buffer it came from', () => {
  const { state } = encryptMessage(meet('buffers').responded.state, 'standard', bodyOf('x'), random);
  const bytes = serializeState(state);
  const buffer = Buffer.from(bytes);
  const restored = deserializeState(buffer);
  buffer.fill(0);
  expect(serializeState(restored)).toEqual(bytes);
});

test('nor do restored prekeys', () => {
  const { identity, cardKeys, oneTime } = makeInviter(random);
  const [card, pair] = [serializeCardKeys(cardKeys), serializeOneTimePrekey(oneTime)];
  const buffers = [Buffer.from(card), Buffer.from(pair)] as const;
  const restored = [deserializeCardKeys(buffers[0], identity.publicKey), deserializeOneTimePrekey(buffers[1])] as const;
  for (const buffer of buffers) {
    buffer.fill(0);
  }
  expect(serializeCardKeys(restored[0])).toEqual(card);
  expect(serializeOneTimePrekey(restored[1])).toEqual(pair);
});

test('nor does an opened request', () => {
  const { inviter, initiated } = meet('buffered request');
  const buffer = Buffer.from(initiated.envelope);
  const request = openRequest(buffer, inviter.inviteKeys);
  buffer.fill(0);
  const options = { identity: inviter.identity, cardKeys: inviter.cardKeys, oneTimePrekey: inviter.oneTime };
  expect(respondToRequest(request, options).initiator.name).toBe('Alice');
});

test('a cloned secret outlives its original', () => {
  const original = new Secret(Buffer.from(random(32)));
  const clone = original.clone();
  original.wipe();
  expect(clone.expose().some((byte) => byte !== 0)).toBe(true);
});
