/** Killed right before and right after each commit of a conversation, from the first invite to the end. */

import process from 'node:process';
import { expect, test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';
import { RelayProcess } from '../support/relay-process.ts';
import { expectWhole } from './claims.ts';
import type { Death } from './dying-store.ts';
import { Person } from './person.ts';

const TEXTS = 6;
const SPEED = 10;
/** Every how manieth commit is tried: 1 for all of them, which takes minutes. */
const STRIDE = Number(process.env.SECRET_CHAT_CRASH_STRIDE ?? 12);
/** Conversations at the same time. */
const TOGETHER = 2;

test('a conversation survives a death at any commit of either side', { timeout: 1_800_000 }, async () => {
  const relay = await RelayProcess.start();
  const program = await buildProgram(new URL('victim.ts', import.meta.url));
  const converse = (ending: Ending, ...deaths: Death[]) => oneConversation(program, relay.origin, ending, deaths);
  // Nobody dies: how many commits are there?
  const commits = await converse('inviter ends');
  expect(commits).toBeGreaterThan(20);
  const runs: (() => Promise<unknown>)[] = [];
  for (let batch = 1; batch <= commits; batch += STRIDE) {
    runs.push(() => converse('inviter ends', { batch, when: 'before' }, { batch, when: 'after' }));
    runs.push(() => converse('joiner ends', { batch, when: 'after' }, { batch, when: 'before' }));
  }
  await allOf(runs);
});

type Ending = 'inviter ends' | 'joiner ends';

/** Returns how many commits the side with the most of them made, in its last life. */
async function oneConversation(
  program: string,
  relay: string,
  ending: Ending,
  [inviterDies, joinerDies]: readonly Death[],
): Promise<number> {
  const shared = { program, relay, texts: TEXTS, speed: SPEED };
  const inviter = new Person({
    ...{ ...shared, name: 'Anna', joins: false, ends: ending === 'inviter ends' },
    deaths: inviterDies === undefined ? [] : [inviterDies],
  });
  const joiner = new Person({
    ...{ ...shared, name: 'Ben', joins: true, ends: ending === 'joiner ends' },
    deaths: joinerDies === undefined ? [] : [joinerDies],
  });
  const both = [inviter, joiner];
  try {
    joiner.join(await inviter.until('a link', ({ link }) => link));
    await Promise.all(both.map((person) => person.until('everything', ({ report }) => report)));
    expectWhole(inviter, joiner, TEXTS);
    for (const person of both) {
      person.end();
    }
    const counts = await Promise.all(both.map((person) => person.until('the end', ({ batchesAtEnd }) => batchesAtEnd)));
    return Math.max(...counts);
  } catch (error) {
    const deaths = JSON.stringify({ inviterDies, joinerDies });
    throw new Error(`${(error as Error).message}; ${ending}, ${deaths}`, { cause: error });
  } finally {
    await Promise.all(both.map((person) => person.close()));
  }
}

/** So many at once. */
async function allOf(runs: readonly (() => Promise<unknown>)[]): Promise<void> {
  const waiting = runs.values();
  const worker = async () => {
    for (const run of waiting) {
      await run();
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
}
