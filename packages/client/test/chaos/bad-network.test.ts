/** Two devices over bad networks: whatever happens to frames, each text arrives once and in its order. */

import process from 'node:process';
import { expect, test } from 'vitest';
import { ChaosProxy, type Faults } from '../support/chaos-proxy.ts';
import { testRelay } from '../support/relay.ts';
import { scaledClock } from '../support/scaled-clock.ts';
import { Talker } from './talker.ts';

const TEXTS = 300;
const SPEED = 30;
const SEEDS = Number(process.env.SECRET_CHAT_CHAOS_SEEDS ?? 2);
const BAD_NEWS: ReadonlySet<string> = new Set(['stale', 'unreadable', 'unverified', 'error', 'ended']);

const NETWORKS: Readonly<Record<string, Partial<Faults>>> = {
  'late, twice and swapped': { delayMs: 4, duplicate: 0.1, reorder: 0.3 },
  'cut again and again': { delayMs: 1, cut: 0.02 },
  'losing frames': { drop: 0.02 },
  everything: { delayMs: 2, cut: 0.01, drop: 0.01, duplicate: 0.05, reorder: 0.1 },
};

for (const [name, faults] of Object.entries(NETWORKS)) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`a network that is ${name} (${seed})`, { timeout: 120_000 }, async () => {
      const networks = [await ChaosProxy.start(seed, faults), await ChaosProxy.start(seed + 1000, faults)] as const;
      const [first, second] = networks;
      const relay = await testRelay({ origins: [first.origin, second.origin] });
      for (const network of networks) {
        network.connectTo(relay.origin);
      }
      const clock = scaledClock(SPEED);
      const anna = await Talker.open('Anna', first.origin, clock);
      const ben = await Talker.open('Ben', second.origin, clock);
      try {
        await meet(anna, ben);
        await Promise.all([anna.talk(TEXTS), ben.talk(TEXTS)]);
        for (const network of networks) {
          network.heal();
        }
        await Promise.all([arrived(anna, ben), arrived(ben, anna)]);
      } catch (error) {
        throw new Error(`${(error as Error).message}; ${JSON.stringify(networks.map(({ happened }) => happened))}`);
      } finally {
        await Promise.all([anna.device.close(), ben.device.close()]);
        await Promise.all(networks.map((network) => network.stop()));
      }
    });
  }
}

async function meet(anna: Talker, ben: Talker): Promise<void> {
  await ben.join(await anna.invite());
  await anna.until(() => anna.device.chats.length > 0);
  await anna.chat.accept();
}

/** What `from` said is here, and `from` knows it. */
async function arrived(from: Talker, to: Talker): Promise<void> {
  await to.until(() => to.received === TEXTS);
  expect(await to.heard()).toEqual(Array.from({ length: TEXTS }, (_, i) => `${from.name} ${i + 1}`));
  await from.until(() => from.chat.session.outbox.size === 0);
  expect(to.events.filter(({ type }) => BAD_NEWS.has(type))).toEqual([]);
}
