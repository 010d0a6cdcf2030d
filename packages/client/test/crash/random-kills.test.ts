/** Both sides killed again and again at moments of chance, while they talk. */

import process from 'node:process';
import { test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';
import { type Chance, seeded } from '../support/seeded.ts';
import { WatchedRelay } from '../support/watched-relay.ts';
import { expectWhole } from './claims.ts';
import { Person } from './person.ts';

/** How many kills in all. */
const KILLS = Number(process.env.SECRET_CHAT_CRASH_KILLS ?? 30);
/** Of one side in one conversation, at most: so that there are many beginnings, and ends that are reached. */
const KILLS_OF_ONE = 10;
const TEXTS = 40;
const SPEED = 10;
/** A life ends within so many words (it may be in the middle of anything), and then so many milliseconds later. */
const WORDS = 40;
const JITTER_MS = 10;
const FIRST_SEED = 1;

test('a conversation survives kills at any moment', { timeout: 1_800_000 }, async () => {
  const program = await buildProgram(new URL('victim.ts', import.meta.url));
  let killed = 0;
  for (let seed = FIRST_SEED; killed < KILLS; seed++) {
    killed += await oneConversation(program, seed, Math.ceil((KILLS - killed) / 2));
  }
});

/** Returns how often somebody was killed. */
async function oneConversation(program: string, seed: number, killsOfOne: number): Promise<number> {
  const relay = await WatchedRelay.start();
  const chance = seeded(seed);
  const shared = { program, relay: relay.origin, texts: TEXTS, speed: SPEED, ends: false };
  const inviter = new Person({ ...shared, name: 'Anna', joins: false });
  const joiner = new Person({ ...shared, name: 'Ben', joins: true });
  const both = [inviter, joiner];
  try {
    const kills = both.map((person) => killAgainAndAgain(person, chance, Math.min(killsOfOne, KILLS_OF_ONE)));
    joiner.join(await inviter.until('a link', ({ link }) => link));
    const counts = await Promise.all(kills);
    await Promise.all(both.map((person) => person.until('everything', ({ report }) => report)));
    expectWhole(inviter, joiner, TEXTS);
    await relay.emptied();
    return counts.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    await Promise.all(both.map((person) => person.close()));
  }
}

async function killAgainAndAgain(person: Person, chance: Chance, times: number): Promise<number> {
  let count = 0;
  while (count < times) {
    const words = person.words + 1 + Math.floor(chance() * WORDS);
    const isWhole = await person.until('the next word', (now) =>
      now.report !== undefined ? true : now.words >= words ? false : undefined,
    );
    if (isWhole) {
      break;
    }
    // Words come at certain moments; the kill shall not.
    await new Promise((resolve) => setTimeout(resolve, chance() * JITTER_MS));
    await person.kill();
    count += 1;
  }
  return count;
}
