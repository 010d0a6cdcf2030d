/** The calendar of a year: who comes on which day, and what they do. */

import { expect } from 'vitest';
import type { Chance } from '../support/seeded.ts';
import type { Ledger } from './year-ledger.ts';
import type { Circle, Story } from './year-population.ts';
import { chatOf, type Sittings } from './year-sitting.ts';
import { DAY_MS, type Resident, SECOND_MS, type Town } from './year-town.ts';

type Act = 'talk' | 'clear' | 'end' | 'deleteAccount' | 'findNothing' | 'invite' | 'revoke';

/** So many days after they have met, these members of a circle do that. */
interface Step {
  readonly after: number;
  readonly members: readonly number[];
  readonly act: Act;
}

/** Circles meet for the first time in the first so many days. */
const MEETING_DAYS = 90;
const LIVELY_EVERY_DAYS = 40;
const LIVELY_DAYS = 360;
const COMES = 0.8;
const ALL: readonly number[] = [0, 1, 2, 3];

const STEPS: { readonly [S in Exclude<Story, 'lively'>]: readonly Step[] } = {
  fades: [],
  returns: [
    { after: 20, members: [0, 2], act: 'talk' },
    { after: 24, members: [1, 3], act: 'talk' },
    { after: 28, members: ALL, act: 'talk' },
  ],
  longAway: [
    { after: 30, members: [0, 2], act: 'talk' },
    { after: 250, members: ALL, act: 'talk' },
  ],
  vanishes: [
    { after: 30, members: [0, 2], act: 'talk' },
    { after: 220, members: [0, 2], act: 'talk' },
  ],
  ends: [
    { after: 10, members: ALL, act: 'clear' },
    { after: 20, members: [0], act: 'end' },
    { after: 24, members: [1], act: 'talk' },
  ],
  deletes: [
    { after: 10, members: [0, 2, 3], act: 'deleteAccount' },
    { after: 14, members: [1, 3], act: 'talk' },
  ],
  wiped: [
    { after: 100, members: [1, 3], act: 'findNothing' },
    { after: 110, members: [0, 2], act: 'talk' },
  ],
  invites: [
    { after: 5, members: [0, 2], act: 'invite' },
    { after: 25, members: [0], act: 'revoke' },
  ],
};

export class Lives {
  readonly #town: Town;
  readonly #sittings: Sittings;
  readonly #ledger: Ledger;

  constructor(town: Town, sittings: Sittings, ledger: Ledger) {
    this.#town = town;
    this.#sittings = sittings;
    this.#ledger = ledger;
  }

  /** Lives them all, day by day. */
  async live(circles: readonly Circle[], chance: Chance): Promise<void> {
    const sittings = circles.flatMap((circle, i) => {
      const day = Math.floor((i * MEETING_DAYS) / circles.length);
      const steps = circle.story === 'lively' ? livelySteps(chance) : STEPS[circle.story];
      return [
        { day, run: () => this.#meet(circle) },
        ...steps.map((step) => ({ day: day + step.after, run: () => this.#step(circle, step) })),
      ];
    });
    for (const { day, run } of sittings.sort((a, b) => a.day - b.day)) {
      await this.#town.until(day);
      await run();
      this.#ledger.weigh(await this.#town.relay.totals());
    }
  }

  async #meet(circle: Circle): Promise<void> {
    await this.#sittings.come(circle.people);
    for (const { device, precautions } of circle.people) {
      const { accountWeeks, storeDays } = precautions;
      if (accountWeeks !== undefined) {
        await device.setAccountTtl(accountWeeks);
      }
      if (storeDays !== undefined) {
        await device.setStoreTtl(storeDays * DAY_MS);
      }
    }
    for (const bond of circle.bonds) {
      await this.#sittings.meet(bond);
    }
    await this.#sittings.talk(circle, circle.people);
    await this.#sittings.leave(circle.people);
  }

  async #step(circle: Circle, { members, act }: Step): Promise<void> {
    const people = members.map((i) => circle.people[i] as Resident);
    if (act === 'findNothing') {
      await this.#findNothing(people);
      return;
    }
    await this.#sittings.come(people);
    if (act === 'talk' || act === 'clear') {
      await this.#sittings.talk(circle, people);
    }
    if (circle.story === 'lively') {
      for (const who of people) {
        await this.#ledger.noteAddresses(who, this.#town);
      }
    }
    await this.#act(circle, people, act);
    await this.#sittings.leave(people.filter(({ isOver }) => !isOver));
  }

  async #act({ bonds }: Circle, people: readonly Resident[], act: Act): Promise<void> {
    const [first, last] = [people[0] as Resident, people.at(-1) as Resident];
    if (act === 'clear') {
      await Promise.all(
        bonds.flatMap(({ sides }) => sides.filter(({ who }) => who === last).map((s) => chatOf(s).clear())),
      );
    } else if (act === 'end') {
      for (const bond of bonds) {
        const side = bond.sides.find(({ who }) => who === first);
        if (side !== undefined) {
          bond.isOver = true;
          await chatOf(side).end();
        }
      }
    } else if (act === 'deleteAccount') {
      for (const who of people.slice(0, 2)) {
        expect(await this.#town.run(who.device.deleteAccount())).toEqual({ done: true, left: 0 });
        who.isOver = true;
      }
      for (const bond of bonds) {
        bond.isOver ||= bond.sides.some(({ who }) => who.isOver);
      }
    } else if (act === 'invite') {
      for (const { device } of people) {
        await this.#town.run(device.createInvite());
        await this.#town.run(device.createInvite({ reusable: true }));
      }
    } else if (act === 'revoke') {
      for (const { n } of first.device.invites) {
        await first.device.revokeInvite(n);
      }
    }
    await this.#town.pass(SECOND_MS);
  }

  async #findNothing(people: readonly Resident[]): Promise<void> {
    for (const who of people) {
      await expect(who.come()).rejects.toMatchObject({ code: 'STORE_EXPIRED' });
      who.isOver = true;
    }
  }
}

function livelySteps(chance: Chance): Step[] {
  return Array.from({ length: LIVELY_DAYS / LIVELY_EVERY_DAYS }, (_, i): Step => {
    const after = (i + 1) * LIVELY_EVERY_DAYS;
    const isLast = after === LIVELY_DAYS;
    return { after, members: ALL.filter(() => chance() < COMES || isLast), act: 'talk' };
  }).filter(({ members }) => members.length > 0);
}
