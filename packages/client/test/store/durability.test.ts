import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ask, openIn, temporaryFolder } from './folders.ts';
import { linesOf, start } from './processes.ts';
import { contentOf } from './samples.ts';
import { contentAfter, lastIn } from './victim-batches.ts';

const victim = new URL('./victim.ts', import.meta.url);

const ROUNDS = 20;
/** The victim lives for a random time between these, in batches that it says. */
const [MIN_BATCHES, MAX_BATCHES] = [5, 200];

/** Kills it at a random moment, and gives the last batch that it had said. */
async function lastBeforeKill(folder: string): Promise<number> {
  const child = start(victim, folder);
  const exit = once(child, 'exit');
  const end = MIN_BATCHES + Math.floor(Math.random() * (MAX_BATCHES - MIN_BATCHES));
  let last = 0;
  let said = 0;
  for await (const line of linesOf(child)) {
    expect(Number(line)).toBeGreaterThan(last);
    last = Number(line);
    said += 1;
    if (said === end) {
      // From outside, and not by its own choice: whatever it is doing right now is cut.
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 5);
    }
  }
  await exit;
  return last;
}

test(`what was resolved survives kill -9, and no batch is there in part, ${ROUNDS} times`, {
  timeout: 300_000,
}, async () => {
  const folder = path.join(temporaryFolder(), 'data');
  let before = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const said = await lastBeforeKill(folder);
    const store = await openIn(folder);
    const last = await lastIn(store);
    expect(last).toBeGreaterThanOrEqual(said);
    expect(last).toBeGreaterThan(before);
    before = last;
    // All batches up to the last, each whole, in their order, and nothing else.
    expect(await contentOf(store)).toEqual(contentAfter(last));
    await store.close();
    expect(ask(folder, 'PRAGMA store.integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  }
});
