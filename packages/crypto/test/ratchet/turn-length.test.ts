import { expect, test } from 'vitest';
import { encryptMessage, MAX_TURN_LENGTH } from '../../src/index.ts';
import { bodyOf } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { exchange, talkingChat } from './device.ts';
import { untouched } from './untouched.ts';

const random = seededRandom('turn length');

test('a turn has at most 1000 messages, and the last one can be read whatever was lost before it', () => {
  const { alice, bob } = talkingChat('turn length');
  const turn = alice.sendMany(MAX_TURN_LENGTH);
  untouched(alice.state, () =>
    expectCode('CHAIN_EXHAUSTED', () => encryptMessage(alice.state, 'standard', bodyOf('one more'), random)),
  );
  expect(bob.receive(turn.at(-1) as Uint8Array)).toBe('m999');
  expect(alice.receive(bob.send('read'))).toBe('read');
  exchange(alice, bob, 2);
  expect(bob.receive(turn[0] as Uint8Array)).toBe('m0');
});
