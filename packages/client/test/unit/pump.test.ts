/** What a pump owes is not forgotten while its store fails. */

import { expect, onTestFinished, test, vi } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { RECEIPT } from '../../src/delivery/outbox-record.ts';
import { ClientError } from '../../src/index.ts';
import { Vault } from '../../src/vault/vault.ts';
import { FailingStore } from '../support/failing-store.ts';
import { World } from '../support/people.ts';

test('an acknowledgement that could not be sealed, as the disk was full, goes out when there is room', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  let store: FailingStore | undefined;
  const bob = await world.open('Bob', {
    wrap: (inner) => {
      store = new FailingStore(inner);
      return store;
    },
  });
  await world.meet(alice, bob);
  await world.advance(10_000);
  await alice.chat().sendText('here?');
  await world.until(() => bob.heard().length === 1, 300, 1);
  const full = store as FailingStore;
  full.fails = () => true;
  await world.advance(2_000);
  expect(bob.told('error').length).toBeGreaterThan(0);
  full.fails = () => false;
  const { session } = alice.chat() as LiveChat;
  expect(session.outbox.size).toBe(1);
  await world.advance(10_000);
  expect(session.outbox.size).toBe(0);
});

test('a receipt of an earlier process goes out although the store could not be read at the start', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  await alice.chat().sendText('seen?');
  await world.until(() => bob.heard().length === 1);
  await world.advance(10_000);
  bob.goOffline();
  const [entry] = await bob.history();
  await bob.chat().markRead((entry as { n: number }).n);
  await world.advance(10_000);
  const page = Vault.prototype.page;
  let failed = 0;
  vi.spyOn(Vault.prototype, 'page').mockImplementation(function (this: Vault, ...args: Parameters<Vault['page']>) {
    if (args[0] === RECEIPT && failed === 0) {
      failed += 1;
      return Promise.reject(new ClientError('STORE_FAILED', 'not now'));
    }
    return page.apply(this, args);
  } as Vault['page']);
  onTestFinished(() => void vi.restoreAllMocks());
  await bob.reopen();
  await world.until(async () => (await alice.history()).at(-1)?.state === 'read');
  expect(failed).toBe(1);
});
