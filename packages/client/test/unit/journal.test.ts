import { ready } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import { Journal } from '../../src/device/journal.ts';
import type { DeviceEvent } from '../../src/index.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { Vault } from '../../src/vault/vault.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { seededBytes } from '../support/seeded.ts';

/** Number `i` of what happens, as an event that is kept. */
function event(i: number): DeviceEvent {
  return { type: 'unreadable', chat: i };
}

test.each(Array.from({ length: 24 }, (_, i) => i))(
  'what is committed %i steps after earlier events began to be told is told too, and behind them',
  async (steps) => {
    await ready;
    const random = seededBytes(steps);
    const vault = await Vault.create(memoryStore(), { keyFile: random(32) }, { random });
    const journal = await Journal.load(vault, new FakeClock(), async ({ chat = 0 }) => event(chat));
    const commit = async (i: number) => {
      const transaction = vault.begin();
      const ticket = journal.write(transaction, [event(i)]);
      await transaction.commit();
      return ticket;
    };
    journal.committed(await commit(1));
    const next = await commit(2);
    const told: DeviceEvent[] = [];
    journal.subscribe((each) => told.push(each));
    for (let i = 0; i < steps; i++) {
      await undefined;
    }
    journal.committed(next);
    await settled();
    expect(told).toEqual([event(1), event(2)]);
  },
);

test('what was told while a commit was under way is not told again at the next start', async () => {
  await ready;
  const random = seededBytes(1);
  const vault = await Vault.create(memoryStore(), { keyFile: random(32) }, { random });
  const open = () => Journal.load(vault, new FakeClock(), async ({ chat = 0 }) => event(chat));
  const journal = await open();
  const commit = async (i: number) => {
    const transaction = vault.begin();
    const ticket = journal.write(transaction, [event(i)]);
    await transaction.commit();
    return ticket;
  };
  journal.committed(await commit(1));
  const next = await commit(2);
  journal.subscribe(() => {});
  await settled();
  journal.committed(next);
  await journal.flush();
  const told: DeviceEvent[] = [];
  (await open()).subscribe((each) => told.push(each));
  await settled();
  expect(told).toEqual([]);
});
