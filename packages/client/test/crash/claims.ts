/** What must be true after a conversation, however often its two sides were killed. */

import { expect } from 'vitest';
import type { Person } from './person.ts';
import type { VictimReport } from './victim-words.ts';

/** Events that say that something went wrong. */
const BAD = /^(stale|missing|unreadable|unverified|error)/;

/** Nothing is lost, nothing is there twice, and everything is in its order, on both sides. */
export function expectWhole(one: Person, other: Person, texts: number): void {
  for (const [me, them] of [
    [one, other],
    [other, one],
  ] as const) {
    const { history, unread } = me.report as VictimReport;
    expect(said(history, 'me')).toEqual(numbered(me.name, texts));
    expect(said(history, 'them')).toEqual(numbered(them.name, texts));
    expect(history.map(([n]) => n)).toEqual(history.map((_, i) => i + 1));
    expect(history.map(([, , state]) => state)).toEqual(history.map(() => 'read'));
    expect(unread).toBe(0);
    expect(me.events.filter((event) => BAD.test(event))).toEqual([]);
    for (const text of me.sent) {
      expect(text).toBeLessThanOrEqual(texts);
    }
    expectTold(me, history.length);
  }
}

/** Each entry was told; again only in the life after one that was killed, and once in each life. */
function expectTold(person: Person, entries: number): void {
  for (let n = 1; n <= entries; n++) {
    const lives = person.told.filter((told) => told.n === n).map(({ life }) => life);
    expect(lives, `entry ${n} of ${person.name} was told in the lives`).not.toEqual([]);
    expect(new Set(lives).size, `entry ${n} of ${person.name} was told in the lives ${lives}`).toBe(lives.length);
  }
}

/** The request's text is no part of the numbered ones. */
function said(history: VictimReport['history'], from: 'me' | 'them'): string[] {
  return history.filter((entry) => entry[1] === from && entry[3] !== 'may I?').map(([, , , text]) => text);
}

function numbered(name: string, texts: number): string[] {
  return Array.from({ length: texts }, (_, i) => `${name} ${i + 1}`);
}
