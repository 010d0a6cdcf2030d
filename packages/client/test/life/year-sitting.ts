/** What people do when they are there: look at what came, write, and leave again. */

import type { Message } from '../../src/index.ts';
import { type Chance, seededBytes } from '../support/seeded.ts';
import { historyOf, type Ledger } from './year-ledger.ts';
import { type Bond, type Circle, directions, type Side } from './year-population.ts';
import { type Resident, SECOND_MS, type Town } from './year-town.ts';

/** For what was written to arrive and to be acknowledged. */
const WHILE_MS = 5 * SECOND_MS;
const READS = 0.8;
const SENDS_FILE = 0.15;
const DELETES = 0.1;
const MAX_TEXTS = 3;
const FILE_SIZE = 20_000;
const TIMERS = ['off', 'off', 'off', 'off', 3, 3_600, 7 * 86_400, 'once'] as const;

export class Sittings {
  readonly #town: Town;
  readonly #chance: Chance;
  readonly #ledger: Ledger;
  #texts = 0;

  constructor(town: Town, chance: Chance, ledger: Ledger) {
    this.#town = town;
    this.#chance = chance;
    this.#ledger = ledger;
  }

  /** They come, and the device is as they wanted it; what had run out meanwhile is gone before anything is shown. */
  async come(people: readonly Resident[]): Promise<void> {
    await this.#town.run(Promise.all(people.map((who) => who.come())));
    for (const who of people) {
      await this.#ledger.look(who, this.#town);
    }
    await this.#town.pass(WHILE_MS);
  }

  async leave(people: readonly Resident[]): Promise<void> {
    await this.#town.pass(WHILE_MS);
    for (const who of people) {
      await this.#ledger.look(who, this.#town);
    }
    for (const who of people) {
      await who.leave();
    }
  }

  /** Everyone of the circle who is there talks to those they know, there or not. */
  async talk({ bonds }: Circle, people: readonly Resident[]): Promise<void> {
    const open = bonds.filter(({ isOver }) => !isOver);
    const here = open.flatMap((bond) => directions(bond)).filter(([{ who }]) => people.includes(who));
    for (const [side] of here) {
      await this.#speak(side);
    }
    await this.#town.pass(WHILE_MS);
    for (const [side] of here) {
      await this.#read(side);
    }
    await this.#town.pass(WHILE_MS);
    for (const [side, other] of here) {
      if (people.includes(other.who)) {
        side.arrived = side.said.length;
        await this.#tidy(side);
      }
    }
  }

  async meet({ sides: [inviting, joining] }: Bond): Promise<void> {
    const { link } = await this.#town.run(inviting.who.device.createInvite());
    const theirs = await this.#town.run(joining.who.device.join(link));
    await this.#town.pass(SECOND_MS);
    const mine = inviting.who.device.chats.find(({ state }) => state === 'requested');
    await this.#town.run(mine?.accept() ?? Promise.reject(new Error('nobody asked')));
    await this.#town.pass(SECOND_MS);
    inviting.chat = mine?.n ?? 0;
    joining.chat = theirs.n;
  }

  async #speak(side: Side): Promise<void> {
    const chat = chatOf(side);
    const timer = this.#oneOf(TIMERS);
    if (timer !== chat.timer) {
      await chat.setTimer(timer);
    }
    const count = 1 + Math.floor(this.#chance() * MAX_TEXTS);
    for (let i = 0; i < count; i += 1) {
      this.#texts += 1;
      const text = `text ${this.#texts} of ${side.who.name}`;
      // The other one may have changed the chat's timer meanwhile.
      const written = await chat.sendText(text);
      side.said.push({ text, stays: written.timer === 'off' });
    }
    if (this.#chance() < SENDS_FILE) {
      this.#ledger.count('files');
      await this.#town.run(chat.sendFile(seededBytes(this.#texts)(FILE_SIZE), { name: `file ${this.#texts}` }));
    }
  }

  /** Some look at what came, and some do not. */
  async #read(side: Side): Promise<void> {
    const chat = chatOf(side);
    const fresh = (await historyOf(chat)).filter(({ from, state }) => from === 'them' && state === 'received');
    if (fresh.length === 0 || this.#chance() >= READS) {
      return;
    }
    await chat.markRead(fresh.map(({ n }) => n));
    for (const message of fresh) {
      if (message.kind === 'hidden') {
        await this.#town.run(chat.view(message.n));
        await chat.closeView(message.n);
        this.#ledger.count('viewed');
      }
      this.#ledger.read(side, message, this.#town.clock.wallMs());
    }
  }

  /** Both have what was said; now and then something of it is deleted. */
  async #tidy(side: Side): Promise<void> {
    const own = (await historyOf(chatOf(side))).filter(isOwnText);
    if (own.length > 0 && this.#chance() < DELETES) {
      this.#ledger.count('deleted');
      await chatOf(side).deleteMessages(this.#oneOf(own).n);
    }
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.#chance() * all.length)] as T;
  }
}

function isOwnText({ from, kind }: Message): boolean {
  return from === 'me' && kind === 'text';
}

export function chatOf({ who, chat }: Side): ReturnType<typeof required> {
  return required(who, chat);
}

function required({ device, name }: Resident, n: number) {
  const chat = device.chat(n);
  if (chat === undefined) {
    throw new Error(`${name} has no chat ${n}`);
  }
  return chat;
}
