/** What is told of a request later says what was written with it, and nothing that was said in the chat afterwards. */

import { expect, test } from 'vitest';
import { World } from '../support/people.ts';

async function untoldRequest(text: string | undefined) {
  const world = await World.create();
  const alice = await world.open('Alice', { isListening: false });
  const bob = await world.open('Bob');
  const { joining } = await world.meet(alice, bob, text);
  await joining.sendText('said later');
  await world.advance(10_000);
  const again = await alice.reopen({ isListening: true });
  await world.advance(1_000);
  return again.told('request');
}

test('a request without words, told after the chat has begun, has none', async () => {
  expect(await untoldRequest(undefined)).toEqual([{ type: 'request', chat: 1, name: 'Bob' }]);
});

test('one with words has those', async () => {
  expect(await untoldRequest('it is me')).toEqual([{ type: 'request', chat: 1, name: 'Bob', text: 'it is me' }]);
});
