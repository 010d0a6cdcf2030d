/** What was committed is told: once if nobody is killed, at the next start if nobody listened. */

import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { DeviceEvent } from '../../src/index.ts';
import { World } from '../support/people.ts';

/** Events that are kept until they were told, as one line each. */
function lines(events: readonly DeviceEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'message':
        return [`message ${event.message.kind === 'text' ? event.message.text : event.message.kind}`];
      case 'state':
        return [`${event.state} ${event.n}`];
      case 'link':
      case 'typing':
        return [];
      default:
        return [event.type];
    }
  });
}

describe('a program that does not listen', () => {
  test('is told everything when it begins to, in order, and nothing of it again', async () => {
    const world = await World.create();
    const alice = await world.open('Alice', { isListening: false });
    const bob = await world.open('Bob');
    const { link } = await world.run(alice.device.createInvite());
    await world.run(bob.device.join(link, { text: 'it is me' }));
    await world.until(() => alice.chats.length === 1);
    await alice.chat().accept();
    await world.until(() => bob.chat().state === 'open');
    await bob.chat().sendText('one');
    await bob.chat().sendText('two');
    await world.advance(10_000);
    const expected = ['request', 'message it is me', 'inviteEnded', 'accepted', 'message one', 'message two'];
    // Not told by a restart alone.
    const again = await alice.reopen({ isListening: true });
    await world.advance(1_000);
    expect(lines(again.events)).toEqual(expected);
    await bob.chat().sendText('three');
    await world.until(() => again.heard().length === 4);
    expect(lines(again.events)).toEqual([...expected, 'message three']);
    await world.advance(1_000);
    const last = await again.reopen({ isListening: true });
    await world.advance(10_000);
    expect(lines(last.events)).toEqual([]);
  });

  test('for a while: what happened meanwhile comes before what happens next', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    const heard: DeviceEvent[] = [];
    const silent = await alice.reopen({ isListening: false });
    for (let round = 0; round < 5; round++) {
      await bob.chat().sendText(`unheard ${round}`);
      await world.advance(5_000);
      const stop = silent.device.subscribe((event) => heard.push(event));
      // While the earlier ones are being told.
      await bob.chat().sendText(`heard ${round}`);
      await world.advance(5_000);
      stop();
    }
    expect(lines(heard)).toEqual(
      Array.from({ length: 5 }, (_, i) => [`message unheard ${i}`, `message heard ${i}`]).flat(),
    );
  });

  test('beginning and ending to listen at any moment loses nothing', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    const silent = await alice.reopen({ isListening: false });
    const heard: DeviceEvent[] = [];
    let stop: (() => void) | undefined;
    for (let i = 0; i < 200; i++) {
      await bob.chat().sendText(`text ${i}`);
      for (let turn = 0; turn < i % 23; turn++) {
        await undefined;
      }
      if (i % 3 === 0) {
        stop?.();
        stop = undefined;
      } else {
        stop ??= silent.device.subscribe((event) => heard.push(event));
      }
      if (i % 5 === 0) {
        await world.advance(i % 7);
      }
    }
    stop ??= silent.device.subscribe((event) => heard.push(event));
    await world.advance(60_000);
    expect(lines(heard)).toEqual(Array.from({ length: 200 }, (_, i) => `message text ${i}`));
  });
});

describe('a program that is killed', () => {
  test('between commit and telling is told at the next start', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    await world.advance(1_000);
    // The copy is taken at the very moment of the telling: committed, and not removed yet.
    let copy: ReturnType<typeof alice.snapshot> | undefined;
    alice.device.subscribe((event) => {
      if (event.type === 'message') {
        copy ??= alice.snapshot();
      }
    });
    await bob.chat().sendText('told or not');
    await world.until(() => copy !== undefined);
    const again = await alice.reopen({ snapshot: copy ?? [] });
    await world.advance(10_000);
    expect(lines(again.events)).toEqual(['message told or not']);
    expect((await again.history()).map(({ n }) => n)).toEqual([1]);
  });

  test('what a listener throws stops neither the others nor the chat', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      const silent = await alice.reopen({ isListening: false });
      silent.device.subscribe(({ type }) => {
        if (type === 'message') {
          throw new Error('a mistake of the program');
        }
      });
      silent.listen();
      await bob.chat().sendText('one');
      await bob.chat().sendText('two');
      await world.until(() => silent.heard().length === 2);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) {
        process.on('uncaughtException', listener);
      }
    }
    expect(thrown.map((error) => (error as Error).message)).toEqual([
      'a mistake of the program',
      'a mistake of the program',
    ]);
  });
});
