/** A mailbox that moves while something is on its way into the old one, and before there is a new one (delivery §11.2 to §11.4). */

import { sha256 } from '@secret-chat/crypto';
import { addressInput, toHex } from '@secret-chat/wire';
import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { World } from '../support/people.ts';
import type { Turn } from '../support/relay-side.ts';

/** A mailbox's age here, and the longest that one stays. */
const MOVE_MS = 3_600_000;
const AGE_MS = 1.25 * MOVE_MS;

/** Alice's mailbox moves, Bob's stays. */
async function meet() {
  const world = await World.create();
  const alice = await world.open('Alice', { device: { moveMailboxes: { afterMs: MOVE_MS } } });
  const bob = await world.open('Bob');
  await world.meet(alice, bob);
  const [moving, staying] = [alice, bob].map((person) => (person.chat() as LiveChat).session);
  const bobsRoute = () => toHex((staying as LiveChat['session']).record.routeAddress);
  return { world, alice, bob, isMoving: () => moving?.record.oldMailbox !== undefined, old: bobsRoute(), bobsRoute };
}

test('what the relay takes for the old one after its sender has followed is put into the new one as well', async () => {
  const { world, alice, bob, isMoving, old, bobsRoute } = await meet();
  const toOld: Turn<'put'>[] = [];
  let address: Turn<'put'> | undefined;
  world.relay.on('put', (turn) => {
    if (toHex(turn.request.address) === old && address !== undefined) {
      toOld.push(turn);
    } else if (isMoving() && address === undefined) {
      address = turn;
    } else {
      turn.honestly();
    }
  });
  await world.until(() => address !== undefined, AGE_MS, 1_000);
  await bob.chat().sendText('on its way');
  await world.until(() => toOld.length > 0);
  address?.honestly();
  await world.until(() => bobsRoute() !== old);
  await world.advance(1_000);
  for (const turn of toOld) {
    // It comes behind the last thing that Alice reads there.
    turn.ok();
  }
  await world.until(() => alice.heard().includes('on its way'), 10_000);
  expect(alice.told('missing')).toEqual([]);
});

test('the other side is not told of the new one before it is open at the relay', async () => {
  const { world, alice, bob, isMoving, old, bobsRoute } = await meet();
  const opening: Turn<'open'>[] = [];
  world.relay.on('open', (turn) => {
    if (toHex(sha256(addressInput(turn.request.ownerKey, turn.request.random))) !== old) {
      opening.push(turn);
    } else {
      turn.honestly();
    }
  });
  await world.until(() => opening.length > 0, AGE_MS, 1_000);
  // What comes meanwhile looks for the next step each time.
  await bob.chat().sendText('to the old one');
  await world.until(() => alice.heard().includes('to the old one'), 5_000);
  await world.advance(5_000);
  expect([isMoving(), bobsRoute()]).toEqual([false, old]);
  world.relay.honest();
  for (const turn of opening) {
    turn.honestly();
  }
  await world.until(() => isMoving());
  await world.until(() => bobsRoute() !== old);
  await bob.chat().sendText('to the new one');
  await world.until(() => alice.heard().includes('to the new one'), 5_000);
});

test('the old one is not closed before it was read to its end once more', async () => {
  const { world, isMoving, old } = await meet();
  const again: Turn<'subscribe'>[] = [];
  world.relay.on('subscribe', (turn) => {
    const { ownerKey, random } = turn.request;
    if (isMoving() && toHex(sha256(addressInput(ownerKey, random))) === old) {
      again.push(turn);
    } else {
      turn.honestly();
    }
  });
  await world.until(() => again.length > 0, AGE_MS, 1_000);
  const closed = world.relay.count('close');
  await world.advance(10_000);
  expect(world.relay.count('close')).toBe(closed);
  for (const turn of again) {
    turn.honestly();
  }
  await world.until(() => world.relay.count('close') > closed);
});
