/** Who lives there, and who has a chat with whom: circles of four, so that those who know each other can meet. */

import type { Chance } from '../support/seeded.ts';
import { type Precautions, Resident, type Town } from './year-town.ts';

/** What becomes of a circle. */
export type Story =
  /** They meet and talk once. */
  | 'fades'
  /** They come one after another, and together again. */
  | 'returns'
  /** Two are away for longer than relays keep anything of them, and come back. */
  | 'longAway'
  /** Two never come back, and the others go on writing. */
  | 'vanishes'
  /** One chat is ended, another one cleared. */
  | 'ends'
  /** Two delete their accounts. */
  | 'deletes'
  /** Two stores erase themselves. */
  | 'wiped'
  /** Invites that nobody uses. */
  | 'invites'
  /** All four come every few weeks, the whole year. */
  | 'lively';

/** Of a town of fifty circles the first ones have these; the others fade, as most do. */
const STORIES: readonly Story[] = [
  ...(['lively', 'returns', 'longAway', 'vanishes'] as const),
  ...(['ends', 'deletes', 'wiped', 'invites'] as const),
];
const TOWN = 50;
const CIRCLE = 4;
/** One circle of so many has a chat more than it needs. */
const LINKED_EVERY = 4;
/** Who chooses another period than the 26 weeks of everyone. */
const OTHER_PERIODS = 0.3;
const PERIODS: readonly number[] = [1, 52, 104];
const STORE_DAYS = 60;

/** A text as it was written. */
interface Said {
  readonly text: string;
  /** It stays until somebody deletes it. */
  readonly stays: boolean;
}

/** One of the two in a chat. */
export interface Side {
  readonly who: Resident;
  /** Of the chat on their device, once there is one. */
  chat: number;
  readonly said: Said[];
  /** So many of them are with the other one: both were there together since. */
  arrived: number;
}

export interface Bond {
  readonly sides: readonly [Side, Side];
  /** Ended, or one of the two is gone for good. */
  isOver: boolean;
}

export interface Circle {
  readonly index: number;
  readonly story: Story;
  readonly people: readonly Resident[];
  readonly bonds: readonly Bond[];
}

/** @param devices a multiple of 4, and at least 32, so that every story happens */
export function population(town: Town, devices: number, chance: Chance): Circle[] {
  return Array.from({ length: Math.ceil(devices / CIRCLE) }, (_, index) => {
    const story = STORIES[index % TOWN] ?? 'fades';
    const people = Array.from({ length: CIRCLE }, (_, i) => {
      return new Resident(town, index * CIRCLE + i, precautionsOf(story, i, chance));
    });
    return { index, story, people, bonds: pairsOf(index, story).map(([a, b]) => bondOf(people, a, b)) };
  });
}

function pairsOf(index: number, story: Story): [number, number][] {
  const pairs: [number, number][] = [
    [0, 1],
    [2, 3],
  ];
  if (story === 'lively') {
    return [...pairs, [1, 2], [3, 0]];
  }
  return index % LINKED_EVERY === 1 ? [...pairs, [0, 2]] : pairs;
}

function precautionsOf(story: Story, i: number, chance: Chance): Precautions {
  if (story === 'wiped' && i % 2 === 1) {
    return { storeDays: STORE_DAYS };
  }
  // A lively one keeps what is usual: its mailboxes are to last.
  const isOther = chance() < OTHER_PERIODS && story !== 'lively';
  return isOther ? { accountWeeks: PERIODS[Math.floor(chance() * PERIODS.length)] as number } : {};
}

function bondOf(people: readonly Resident[], a: number, b: number): Bond {
  const side = (i: number): Side => ({ who: people[i] as Resident, chat: 0, said: [], arrived: 0 });
  return { sides: [side(a), side(b)], isOver: false };
}

/** Both sides with the other one. */
export function directions({ sides: [a, b] }: Bond): readonly (readonly [Side, Side])[] {
  return [
    [a, b],
    [b, a],
  ];
}
