/**
 * A year in some seconds: devices that are used, left, found again and forgotten, with the real client and the real relay on one
 * clock that a seed winds up. At the end the relay holds nothing, and no device anything past its time.
 *
 * SECRET_CHAT_YEAR_DEVICES asks for more of them, SECRET_CHAT_YEAR_SEED for other lives.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import type { StoreTotals } from '../../../relay/src/store/relay-store.ts';
import { seeded } from '../support/seeded.ts';
import * as check from './year-checks.ts';
import { Ledger } from './year-ledger.ts';
import { Lives } from './year-lives.ts';
import { type Circle, population, type Story } from './year-population.ts';
import { Sittings } from './year-sitting.ts';
import { type Resident, Town } from './year-town.ts';

/** A multiple of 4, and at least 32. */
const DEVICES = Number(process.env.SECRET_CHAT_YEAR_DEVICES ?? 200);
const SEED = Number(process.env.SECRET_CHAT_YEAR_SEED ?? 1);
/** What no relay keeps an envelope or a piece for. */
const MONTH_DAYS = 31;
/** A period of 26 weeks, rounded up, is over; one of 52 is not. */
const HALF_YEAR_DAYS = 27 * 7;
/** The longest period, rounded up, is over. */
const FOREVER_DAYS = 105 * 7;
/** No address of a chat that is in use lives for so long. */
const LONG_DAYS = 240;
const NOTHING: StoreTotals = {
  ...{ mailboxes: 0, envelopes: 0, envelopeBytes: 0 },
  ...{ cards: 0, prekeys: 0, pieces: 0, pieceBytes: 0 },
};

let town: Town;
let ledger: Ledger;
let circles: readonly Circle[];
/** What the relay held at the end of the year, and so many days of silence later. */
const held = new Map<number, StoreTotals>();
/** Who is still there after the silence; their devices are open, and reach nobody. */
let left: readonly Resident[];

beforeAll(async () => {
  town = await Town.found(SEED);
  ledger = new Ledger();
  const chance = seeded(SEED);
  circles = population(town, DEVICES, chance);
  await new Lives(town, new Sittings(town, chance, ledger), ledger).live(circles, chance);
  const end = town.day;
  for (const days of [0, MONTH_DAYS, HALF_YEAR_DAYS, FOREVER_DAYS]) {
    await town.until(end + days);
    held.set(days, await town.relay.totals());
  }
  left = circles.flatMap(({ people }) => people).filter(({ isOver }) => !isOver);
  for (const who of left) {
    await town.run(who.come(false));
  }
}, 600_000);

const of = (story: Story) => circles.filter((circle) => circle.story === story);
const bonds = () => circles.flatMap((circle) => circle.bonds);

describe('the relay, when nobody comes any more', () => {
  test('had held something of everything', () => {
    for (const [what, most] of Object.entries(ledger.peak as StoreTotals)) {
      expect(most, what).toBeGreaterThan(0);
    }
  });

  test('holds no envelope and no piece after a month', () => {
    const { mailboxes } = NOTHING;
    expect({ ...held.get(MONTH_DAYS), mailboxes, cards: 0, prekeys: 0 }).toEqual(NOTHING);
  });

  test('holds only what somebody wanted to be kept for longer after half a year', () => {
    const [first, later] = [held.get(0)?.mailboxes as number, held.get(HALF_YEAR_DAYS)?.mailboxes as number];
    expect(later).toBeGreaterThan(0);
    expect(later).toBeLessThan(first / 2);
  });

  test('holds nothing after two years', () => {
    expect(held.get(FOREVER_DAYS)).toEqual(NOTHING);
  });
});

describe('a message with a timer', () => {
  test('ran out on many devices, and was on none of them afterwards', () => {
    // Looked at whenever a device was opened and before it was closed.
    expect(ledger.counted('ranOut')).toBeGreaterThan(DEVICES);
  });

  test('leaves nothing that is late', async () => {
    for (const who of left) {
      await check.expectNothingLate(who);
    }
  });

  test('leaves no record, no deadline and no file', async () => {
    for (const what of ['files', 'viewed', 'deleted'] as const) {
      expect(ledger.counted(what)).toBeGreaterThan(0);
    }
    for (const who of left) {
      await check.expectNothingLeft(who);
    }
  });
});

describe('what was said', () => {
  test('came once, in its order, with nothing left out', () => {
    for (const bond of bonds()) {
      check.expectHeard(bond);
    }
  });

  test('is the same on both sides', async () => {
    for (const bond of bonds().filter(({ isOver, sides }) => !isOver && sides.every(({ who }) => !who.isOver))) {
      await check.expectSame(bond);
    }
  });

  test('to people who never came back is not called read, and sent only if the relay took it', async () => {
    for (const circle of [...of('vanishes'), ...of('wiped')]) {
      for (const bond of circle.bonds) {
        await check.expectUnread(bond, (ms) => town.dayOf(ms));
      }
    }
  });

  test('alarmed nobody: nothing missing, stale or unreadable, and no error', () => {
    const alarms = ['missing', 'stale', 'unreadable', 'unverified', 'error'];
    const told = circles.flatMap(({ people }) => people.flatMap(({ events }) => events));
    expect(told.filter(({ type }) => alarms.includes(type))).toEqual([]);
  });
});

describe('what people did with chats, accounts and stores', () => {
  test('mailboxes of chats that are in use moved on', () => {
    for (const who of of('lively').flatMap(({ people }) => people)) {
      const days = ledger.addressDays(who);
      expect(days.length).toBeGreaterThan(6);
      expect(Math.max(...days)).toBeLessThan(LONG_DAYS);
    }
  });

  test('a chat that was ended is on neither side', () => {
    for (const { people } of of('ends')) {
      expect(people[0]?.device.chats).toEqual([]);
      expect(new Set(people[0]?.told('ended').map(({ why }) => why))).toEqual(new Set(['ended']));
      expect(people[1]?.device.chats).toEqual([]);
      expect(people[1]?.told('ended')).toMatchObject([{ why: 'endedByThem' }]);
      expect(people[2]?.told('destroyed').some(({ why }) => why === 'cleared')).toBe(true);
    }
  });

  test('a deleted account leaves an empty store, and no chat with anybody', async () => {
    for (const { people } of of('deletes')) {
      await check.expectEmpty(people[0] as Resident);
      await check.expectEmpty(people[2] as Resident);
      for (const other of [people[1], people[3]]) {
        expect(other?.told('ended')).toMatchObject([{ why: 'endedByThem' }]);
        expect(other?.device.chats).toEqual([]);
      }
    }
  });

  test('a store that was to be erased when nobody opens it is empty', async () => {
    for (const { people } of of('wiped')) {
      await check.expectEmpty(people[1] as Resident);
      await check.expectEmpty(people[3] as Resident);
    }
  });

  test('invites are over, and who made them was told', () => {
    for (const who of left) {
      expect(who.device.invites).toEqual([]);
    }
    for (const { people } of of('invites')) {
      const why = (who: Resident | undefined) => new Set(who?.told('inviteEnded').map((event) => event.why));
      expect(why(people[0])).toContain('revoked');
      expect(why(people[2])).toContain('expired');
    }
  });
});
