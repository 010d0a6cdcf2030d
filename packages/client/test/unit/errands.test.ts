/** Errands while a relay refuses, and while the store does: each is tried again once a minute, whatever their number. */

import { ready } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import { Errands } from '../../src/device/errands.ts';
import { ClientError } from '../../src/index.ts';
import type { RelayLink, RelayLinks } from '../../src/link/relay-link.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { Vault } from '../../src/vault/vault.ts';
import { FailingStore } from '../support/failing-store.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { seededBytes } from '../support/seeded.ts';

const MINUTE_MS = 60_000;

/** The mailboxes of three chats that are over are to be closed, at a relay that answers with `close`. */
async function threeErrands(close: () => Promise<void>) {
  await ready;
  const random = seededBytes(7);
  const clock = new FakeClock();
  const store = new FailingStore(memoryStore());
  const vault = await Vault.create(store, { keyFile: random(32) }, { random });
  const asked: number[] = [];
  const closeMailbox: RelayLink['closeMailbox'] = () => {
    asked.push(clock.monotonicMs());
    return close();
  };
  const links: RelayLinks = { get: () => ({ closeMailbox }) as RelayLink, close: async () => {} };
  const errands = await Errands.load(vault, links, clock, () => true);
  const transaction = vault.begin();
  const added = Array.from({ length: 3 }, () =>
    errands.add(transaction, {
      what: 'closeMailbox',
      relay: 'wss://relay.example',
      seed: random(32),
      id: random(32),
    }),
  );
  await transaction.commit();
  const run = () => {
    for (const each of added) {
      each();
    }
    return settled();
  };
  return { clock, store, errands, asked, run };
}

test('a relay that refuses is asked for each of them once a minute, and for none once it was stopped', async () => {
  const { clock, errands, asked, run } = await threeErrands(() =>
    Promise.reject(new ClientError('RELAY_REFUSED', 'the relay answered RATE_LIMITED', { relayCode: 'RATE_LIMITED' })),
  );
  await run();
  await clock.advance(4 * MINUTE_MS);
  expect(asked).toEqual([0, 1, 2, 3, 4].flatMap((minute) => Array.from({ length: 3 }, () => minute * MINUTE_MS)));
  await errands.stop();
  expect(clock.timers).toBe(0);
});

test('a store that cannot forget what was carried out is tried again as well', async () => {
  const { clock, store, errands, run } = await threeErrands(async () => {});
  store.fails = () => true;
  await run();
  expect(errands.left).toBe(3);
  store.fails = () => false;
  await clock.advance(MINUTE_MS);
  expect(errands.left).toBe(0);
});
