/** A process that dies at any write while something is destroyed: the next one finishes it before it shows anything. */

import process from 'node:process';
import { deserializeCountdown } from '@secret-chat/crypto';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/index.ts';
import type { Computer } from './computer.ts';
import {
  type Disk,
  FETCHED_BYTES,
  goOn,
  meet,
  type Pair,
  readDisk,
  remains,
  type Side,
  type Still,
  still,
} from './destroying.ts';

/** Every how manieth beginning or end of a write is tried. */
const STRIDE = Number(process.env.SECRET_CHAT_LIFE_STRIDE ?? 4);
/** Writes that a second life gets, by turns: it may die before it has finished, too. */
const SECOND_LIVES = [Number.POSITIVE_INFINITY, 2, 5, 8];
const TIMER_S = 300;
const MINUTE = 60_000;

interface Story {
  readonly name: string;
  readonly timer?: number | 'once';
  /** Said before, if there is a lot to destroy. */
  readonly texts?: number;
  /** Before the disks are copied. */
  readonly prepare?: (pair: Pair, doomed: Doomed) => Promise<void>;
  readonly act: (pair: Pair, doomed: Doomed) => Promise<void>;
  /** How long it takes. */
  readonly lastsMs?: number;
  /** Nothing is left of the chat. */
  readonly isAll?: boolean;
  /** Whether a disk says that this one is to go. */
  readonly isDecided: (disk: Disk, n: number, all: readonly number[]) => boolean;
}

/** The numbers of what is to go, on either side. */
type Doomed = Readonly<Record<Side, readonly number[]>>;

const isCut: Story['isDecided'] = ({ entries }, _n, all) => all.some((n) => !entries.has(n));
const isCleared: Story['isDecided'] = ({ chat }) =>
  chat === undefined || chat.state === 'ended' || chat.clearedMine !== undefined;

const stories: readonly Story[] = [
  {
    name: 'a timer that runs out',
    timer: TIMER_S,
    prepare: async ({ world, other }, doomed) => {
      await other.chat().markRead(doomed.other);
      // The time of a file that is not fetched begins when it is opened.
      for (const n of doomed.other) {
        await other.chat().view(n);
      }
      await world.advance(10_000);
    },
    act: async () => {},
    lastsMs: (TIMER_S + 2) * 1_000,
    isDecided: () => true,
  },
  {
    name: 'what can be viewed once',
    timer: 'once',
    act: async ({ other }, doomed) => {
      for (const n of doomed.other) {
        await other.chat().view(n);
      }
      for (const n of doomed.other) {
        await other.chat().closeView(n);
      }
    },
    isDecided: ({ entries }, n) => {
      const countdown = entries.get(n)?.countdown;
      return countdown === undefined || deserializeCountdown(countdown).phase === 'viewing';
    },
  },
  {
    name: 'messages of both sides that are deleted',
    act: ({ actor }, doomed) => actor.chat().deleteMessages(doomed.actor),
    isDecided: isCut,
  },
  {
    name: 'a history that is cleared',
    act: ({ actor }) => actor.chat().clear(),
    isAll: true,
    isDecided: isCleared,
  },
  {
    name: 'a long history that is cleared',
    texts: 230,
    act: ({ actor }) => actor.chat().clear(),
    isAll: true,
    isDecided: isCleared,
  },
  {
    name: 'a chat that ends',
    act: ({ actor }) => actor.chat().end(),
    isAll: true,
    isDecided: isCleared,
  },
];

/** A text, a photo with its preview that both have, a file that is on the relay only, and a text of the other side. */
async function prepared({ timer, texts = 0, prepare }: Story): Promise<readonly [Still, Doomed]> {
  const pair = await meet();
  const { world, actor, other } = pair;
  await actor.chat().sendText('to stay');
  if (timer !== undefined) {
    await actor.chat().setTimer(timer);
  }
  await actor.chat().sendText('to go');
  await actor.chat().sendPhoto(new Uint8Array(5_000), { caption: 'to go' });
  await actor.chat().sendFile(new Uint8Array(3 * FETCHED_BYTES).fill(3), { name: 'to go' });
  await Promise.all(Array.from({ length: texts }, (_, i) => actor.chat().sendText(`to go ${i}`)));
  if (timer === undefined) {
    await other.chat().sendText('to go');
  }
  await world.advance(MINUTE);
  const doomed = { actor: await doomedOf(actor), other: await doomedOf(other) };
  expect(doomed.actor.length).toBe(texts + (timer === undefined ? 4 : 3));
  expect(doomed.other.length).toBe(doomed.actor.length);
  await prepare?.(pair, doomed);
  return [await still(pair), doomed];
}

async function doomedOf(computer: Computer): Promise<number[]> {
  return (await computer.history()).filter(isDoomed).map(({ n }) => n);
}

function isDoomed(message: Message): boolean {
  return (
    message.kind === 'file' || message.kind === 'hidden' || (message.kind === 'text' && message.text !== 'to stay')
  );
}

/** Lets it happen; returns how many beginnings and ends of writes there were at the one who may die. */
async function happens(
  pair: Pair,
  { act, lastsMs = 20_000 }: Story,
  doomed: Doomed,
  dies: Side,
  at: number,
): Promise<number> {
  const { life } = pair[dies];
  life.dieAt(at);
  act(pair, doomed).catch(() => {});
  await pair.world.advance(lastsMs);
  return life.steps;
}

/** It starts again, without a line, as often as it has to. */
async function comesBack(computer: Computer, secondLife: number): Promise<void> {
  computer.goOffline();
  if (computer.isOn) {
    computer.kill();
  }
  if (!(await computer.start(secondLife))) {
    computer.kill();
    await computer.start();
  }
  computer.life.dieAt(Number.POSITIVE_INFINITY);
}

async function dieOnce(story: Story, before: Still, doomed: Doomed, dies: Side, at: number): Promise<void> {
  const pair = await goOn(before);
  const victim = pair[dies];
  await happens(pair, story, doomed, dies, at);
  expect(victim.life.isOver).toBe(true);
  victim.kill();
  const disk = await readDisk(victim);
  const decided = doomed[dies].filter((n) => story.isDecided(disk, n, doomed[dies]));
  const told = victim.told.length;
  await comesBack(victim, SECOND_LIVES[at % SECOND_LIVES.length] as number);
  // Before there is a line, and before anybody has done anything.
  expect(await remains(victim, decided)).toEqual([]);
  const left = victim.device.chats.length === 0 ? [] : await victim.entries();
  const undecided = doomed[dies].filter((n) => !decided.includes(n));
  expect(left.map(({ n }) => n)).toEqual(expect.arrayContaining(undecided));
  victim.goOnline();
  if (undecided.length > 0 && (dies === 'actor' || story.timer !== undefined)) {
    await again(pair, story, doomed);
  }
  await pair.world.advance(3 * MINUTE);
  await expectGone(pair, story, doomed);
  const resurrected = victim.told
    .slice(told)
    .filter(({ event }) => event.type === 'message' && decided.includes(event.message.n));
  expect(resurrected).toEqual([]);
  for (const side of ['actor', 'other'] as const) {
    await comesBack(pair[side], Number.POSITIVE_INFINITY);
  }
  await expectGone(pair, story, doomed);
  pair.actor.kill();
  pair.other.kill();
}

/** What its process did not live to do, the person does again. */
async function again(pair: Pair, story: Story, doomed: Doomed): Promise<void> {
  const left = pair.other.device.chats.length === 0 ? [] : await pair.other.entries();
  const there = { actor: doomed.actor, other: doomed.other.filter((n) => left.some((entry) => entry.n === n)) };
  await story.act(pair, there).catch(() => {});
}

async function expectGone({ shelf, actor, other }: Pair, { isAll = false }: Story, doomed: Doomed): Promise<void> {
  expect(await remains(actor, doomed.actor)).toEqual([]);
  expect(await remains(other, doomed.other)).toEqual([]);
  expect(shelf.pieces.size).toBe(0);
  for (const computer of [actor, other]) {
    const texts = computer.device.chats.length === 0 ? [] : await computer.history();
    expect(texts.filter(({ kind }) => kind === 'text').length).toBe(isAll ? 0 : 1);
  }
}

describe.each(stories)('$name', (story) => {
  test.each<Side>(['actor', 'other'])(
    'survives a death at any write of the %s',
    { timeout: 1_800_000 },
    async (dies) => {
      const [before, doomed] = await prepared(story);
      const whole = await goOn(before);
      const steps = await happens(whole, story, doomed, dies, Number.POSITIVE_INFINITY);
      await expectGone(whole, story, doomed);
      whole.actor.kill();
      whole.other.kill();
      expect(steps).toBeGreaterThan(4);
      for (let at = 1; at <= steps; at += STRIDE) {
        await dieOnce(story, before, doomed, dies, at).catch((cause: unknown) => {
          throw new Error(`${dies} died at step ${at} of ${steps}: ${(cause as Error).message}`, { cause });
        });
      }
    },
  );
});
