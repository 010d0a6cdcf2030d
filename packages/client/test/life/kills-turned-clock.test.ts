/** Somebody turns the wall clock back while the program is off, and kills it while it starts: nothing is won by that. */

import { expect, test } from 'vitest';
import { World } from '../support/people.ts';
import { Computer } from './computer.ts';
import { PieceShelf } from './process-life.ts';

const DAY = 86_400_000;
/** Of the second chat: more than one change destroys. */
const MANY = 120;

/** Anna has read timed messages in two chats, and has written one in the first that did not go out. */
async function readByAnna() {
  const world = await World.create();
  const shelf = new PieceShelf();
  const [anna, ben, carla] = ['Anna', 'Ben', 'Carla'].map((name, seed) => new Computer(world, name, { shelf, seed }));
  const people = [anna, ben, carla] as [Computer, Computer, Computer];
  for (const computer of people) {
    await computer.start();
  }
  for (const [i, other] of people.slice(1).entries()) {
    await world.meet(people[0].person, other.person);
    await other.chat().setTimer(DAY / 1_000);
    await Promise.all(Array.from({ length: i === 0 ? 1 : MANY }, (_, n) => other.chat().sendText(`to go ${n}`)));
    await world.advance(60_000);
    const texts = (await people[0].history(i + 1)).filter(({ kind }) => kind === 'text');
    expect(texts.length).toBe(i === 0 ? 1 : MANY);
    await people[0].chat(i + 1).markRead(texts.map(({ n }) => n));
    await world.advance(60_000);
  }
  people[0].goOffline();
  const unsent = await people[0].chat(1).sendText('not on its way yet');
  await people[0].quit();
  people[0].clock.turn(-30 * DAY);
  people[0].goOnline();
  const snapshot = people[0].snapshot();
  const again = () => {
    const computer = new Computer(world, 'Anna', { shelf, seed: 7, snapshot });
    computer.clock.turn(-30 * DAY);
    return computer;
  };
  return { world, again, unsent: unsent.n };
}

test('what had started in any chat is gone, whichever write of the start is the last', {
  timeout: 600_000,
}, async () => {
  const { world, again, unsent } = await readByAnna();
  const whole = again();
  await whole.start();
  await world.advance(10_000);
  const { steps } = whole.life;
  whole.kill();
  expect(steps).toBeGreaterThan(10);
  for (let at = 1; at <= steps; at++) {
    const anna = again();
    await anna.start(at);
    await world.advance(10_000);
    anna.kill();
    anna.goOffline();
    expect(await anna.start()).toBe(true);
    for (const chat of [1, 2]) {
      const left = (await anna.entries(chat)).filter(({ from, kind }) => from === 'them' && kind === 'text');
      expect(left.length, `chat ${chat}, died at step ${at} of ${steps}`).toBe(0);
    }
    expect((await anna.entries(1)).map(({ n }) => n)).toContain(unsent);
    anna.kill();
  }
});
