import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { Puts } from '../../src/delivery/puts.ts';
import type { Route } from '../../src/delivery/route.ts';
import { settled } from '../support/fake-clock.ts';
import { World } from '../support/people.ts';

test('of what they have acknowledged nothing is kept, however long the connection lasts', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  bob.goOffline();
  for (let i = 0; i < 20; i += 1) {
    await alice.chat().sendText(`text ${i}`);
  }
  await world.advance(5_000);
  const { session } = alice.chat() as LiveChat;
  const { covered, sealedSeq } = session.record;
  expect(sealedSeq - covered).toBeGreaterThanOrEqual(20);
  let put = 0;
  const link = {
    put: () => {
      put += 1;
      return Promise.resolve();
    },
  };
  const route = { target: { link, address: new Uint8Array(32) }, isOnline: true, leadsTo: () => true };
  const nobody = { again: () => {}, gone: () => {}, put: () => {}, failed: () => {} };
  const puts = new Puts(session, route as unknown as Route, nobody);
  const seqs = Array.from({ length: sealedSeq - covered }, (_, i) => covered + 1 + i);
  const known = () => seqs.filter((seq) => !puts.isInDoubt(seq));
  const round = async () => {
    await puts.putSealed(() => true);
    await settled();
  };
  await round();
  await round();
  expect(put).toBe(seqs.length);
  expect(known()).toEqual(seqs);
  bob.goOnline();
  await world.until(() => session.record.covered === sealedSeq);
  await round();
  expect(put).toBe(seqs.length);
  expect(known()).toEqual([]);
  puts.stop();
});
