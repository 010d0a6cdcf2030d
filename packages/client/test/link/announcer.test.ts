import { expect, onTestFinished, test } from 'vitest';
import { Announcer } from '../../src/link/announcer.ts';
import { settled } from '../support/fake-clock.ts';

/** What would end a program, until the test ends. */
function uncaught(): unknown[] {
  const thrown: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) {
      process.on('uncaughtException', listener);
    }
  });
  return thrown;
}

test('tells later, in order, and goes on in order after a listener that throws', async () => {
  const thrown = uncaught();
  const announcer = new Announcer();
  const told: string[] = [];
  announcer.announce(() => {
    told.push('first');
    announcer.announce(() => told.push('third'));
    throw new Error('a defect');
  });
  announcer.announce(() => told.push('second'));
  expect(told).toEqual([]);
  await settled();
  expect(told).toEqual(['first', 'second', 'third']);
  expect(thrown).toEqual([new Error('a defect')]);
});
