/** The relay is killed and comes back on its port, again and again, while two devices talk over it. */

import process from 'node:process';
import { expect, test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';
import { WatchedRelay } from '../support/watched-relay.ts';
import { expectWhole } from './claims.ts';
import { Person } from './person.ts';

const KILLS = Number(process.env.SECRET_CHAT_RELAY_KILLS ?? 3);
/** Words of one side between two kills. */
const WORDS = 40;
/** Enough for words until the last kill: each text is sent, told, and its state changes twice. */
const TEXTS: number = 30 + KILLS * 20;
const SPEED = 10;

test('a conversation survives a relay that is killed', { timeout: 600_000 }, async () => {
  const relay = await WatchedRelay.start();
  const program = await buildProgram(new URL('victim.ts', import.meta.url));
  const shared = { program, relay: relay.origin, texts: TEXTS, speed: SPEED, ends: false };
  const inviter = new Person({ ...shared, name: 'Anna', joins: false });
  const joiner = new Person({ ...shared, name: 'Ben', joins: true });
  joiner.join(await inviter.until('a link', ({ link }) => link));
  for (let kill = 1; kill <= KILLS; kill++) {
    await inviter.until('its words', ({ words }) => (words >= kill * WORDS ? true : undefined));
    expect(inviter.report).toBeUndefined();
    await relay.process.restart();
  }
  await Promise.all([inviter, joiner].map((person) => person.until('everything', ({ report }) => report)));
  expectWhole(inviter, joiner, TEXTS);
  await relay.emptied();
  await Promise.all([inviter.close(), joiner.close()]);
});
