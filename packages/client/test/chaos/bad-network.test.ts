/** Two devices over bad networks: whatever happens to frames, each text arrives once and in its order. */

import process from 'node:process';
import { expect, test } from 'vitest';
import { ChaosProxy, type Faults } from '../support/chaos-proxy.ts';
import { testRelay } from '../support/relay.ts';
import { scaledClock } from '../support/scaled-clock.ts';
import { Talker } from './talker.ts';

const TEXTS = Number(process.env.SECRET_CHAT_CHAOS_TEXTS ?? 100);
/** What takes a minute takes two seconds. */
const SPEED = 30;
const SEEDS = Number(process.env.SECRET_CHAT_CHAOS_SEEDS ?? 1);
const BAD_NEWS: readonly string[] = ['stale', 'unverified', 'error', 'ended'];
/**
 * Where frames get lost, more may be told: envelopes that the relay pushes again five turns later find no key any more
 * (ratchet §7), and their contents have come by a `resend`.
 */
const BAD_NEWS_WITHOUT_LOSS: readonly string[] = [...BAD_NEWS, 'missing', 'unreadable'];

const NETWORKS: Readonly<Record<string, Partial<Faults>>> = {
  'late, twice and swapped': { delayMs: 4, duplicate: 0.01, reorder: 0.3 },
  'cut again and again': { delayMs: 1, cut: 0.02 },
  'losing frames': { drop: 0.02 },
  everything: { delayMs: 2, cut: 0.01, drop: 0.01, duplicate: 0.05, reorder: 0.1 },
};

for (const [name, faults] of Object.entries(NETWORKS)) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`a network that is ${name} (${seed})`, { timeout: 300_000 }, async () => {
      const loses = faults.drop !== undefined;
      const networks = [await ChaosProxy.start(seed), await ChaosProxy.start(seed + 1000)] as const;
      const [first, second] = networks;
      const relay = await testRelay({ origins: [first.origin, second.origin] });
      for (const network of networks) {
        network.connectTo(relay.url);
      }
      const clock = scaledClock(SPEED);
      const anna = await Talker.open('Anna', first.origin, clock);
      const ben = await Talker.open('Ben', second.origin, clock);
      const worsen = () => {
        for (const network of networks) {
          network.faults = { ...network.faults, ...faults };
        }
      };
      try {
        if (!loses) {
          worsen();
        }
        await meet(anna, ben);
        worsen();
        await Promise.all([anna.talk(TEXTS), ben.talk(TEXTS)]);
        for (const network of networks) {
          network.heal();
          // A last frame that was lost leaves no gap behind: the next connection brings it.
          network.cutAll();
        }
        await Promise.all([arrived(anna, ben), arrived(ben, anna)]);
        // What was cut off is put again in its order, so that only what got lost is ever missing.
        const bad = loses ? BAD_NEWS : BAD_NEWS_WITHOUT_LOSS;
        expect([...anna.events, ...ben.events].filter(({ type }) => bad.includes(type))).toEqual([]);
      } catch (error) {
        const happened = JSON.stringify(networks.map((network) => network.happened));
        throw new Error(`${(error as Error).message}; ${happened}`, { cause: error });
      } finally {
        await Promise.all([anna.device.close(), ben.device.close()]);
        await Promise.all(networks.map((network) => network.stop()));
      }
    });
  }
}

async function meet(anna: Talker, ben: Talker): Promise<void> {
  await ben.join(await anna.invite());
  await anna.until('a request', () => anna.device.chats.length > 0);
  await anna.chat.accept();
}

/** What `from` said is here, and `from` knows it. */
async function arrived(from: Talker, to: Talker): Promise<void> {
  await to.until('the last text', () => to.received === TEXTS);
  expect(await to.heard()).toEqual(Array.from({ length: TEXTS }, (_, i) => `${from.name} ${i + 1}`));
  await from.until('the last acknowledgement', () => from.chat.session.outbox.size === 0);
}
