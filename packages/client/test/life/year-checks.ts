/** What must be true of devices and of the relay when the year is over. */

import { expect } from 'vitest';
import { CHAT } from '../../src/chat/chat-record.ts';
import { CONTENT, MESSAGE } from '../../src/chat/message-record.ts';
import { memoryStore } from '../../src/index.ts';
import { DEADLINE, VIEWING } from '../../src/life/life-record.ts';
import { NO_SCOPE, numberScope } from '../../src/vault/scopes.ts';
import { Vault } from '../../src/vault/vault.ts';
import { seededBytes } from '../support/seeded.ts';
import { historyOf } from './year-ledger.ts';
import { type Bond, directions, type Side } from './year-population.ts';
import { chatOf } from './year-sitting.ts';
import type { Resident } from './year-town.ts';

/** Texts without a timer come once, in their order, none left out, and all of them if both were there together since. */
export function expectHeard(bond: Bond): void {
  for (const [speaker, listener] of directions(bond)) {
    const stays = (texts: readonly { text: string; stays: boolean }[]) =>
      texts.filter((said) => said.stays).map(({ text }) => text);
    const said = stays(speaker.said);
    const heard = listener.who.told('message').flatMap(({ chat, message }) => {
      const isTheirs = chat === listener.chat && message.from === 'them' && message.kind === 'text';
      return isTheirs && said.includes(message.text) ? [message.text] : [];
    });
    expect(heard).toEqual(said.slice(0, heard.length));
    expect(heard.length).toBeGreaterThanOrEqual(stays(speaker.said.slice(0, speaker.arrived)).length);
  }
}

/** What the one still has of the other is what the other still has. */
export async function expectSame(bond: Bond): Promise<void> {
  for (const [speaker, listener] of directions(bond)) {
    const own = await lasting(speaker, 'me');
    const theirs = await lasting(listener, 'them');
    expect(theirs).toEqual(own.slice(0, theirs.length));
  }
}

async function lasting(side: Side, from: 'me' | 'them'): Promise<string[]> {
  const history = await historyOf(chatOf(side));
  return history.flatMap((entry) => {
    return entry.kind === 'text' && entry.from === from && entry.timer === 'off' ? [entry.text] : [];
  });
}

/** Two years later: whatever was read with a timer is gone, and whatever is left was not read, or stays. */
export async function expectNothingLate({ device }: Resident): Promise<void> {
  for (const chat of device.chats) {
    const late = (await historyOf(chat)).filter(({ timer, state, endsAt }) => {
      return endsAt !== undefined || (timer !== 'off' && state === 'read');
    });
    expect(late).toEqual([]);
  }
}

/** Under the history: no deadline that was not kept, and nothing of what was destroyed, in records and beside them. */
export async function expectNothingLeft(who: Resident): Promise<void> {
  const vault = await Vault.open(memoryStore(who.store.snapshot()), { keyFile: who.keyFile }, seededBytes(0));
  let files = 0;
  for (const { position } of await vault.page(CHAT, NO_SCOPE)) {
    const scope = numberScope(position);
    expect(await vault.page(DEADLINE, scope)).toEqual([]);
    expect(await vault.page(VIEWING, scope)).toEqual([]);
    const entries = await vault.page(MESSAGE, scope);
    files += entries.filter(({ value }) => value.kind === 'file').length;
    const kept = new Set(entries.map(({ position: n }) => n));
    for (const { chat, n } of who.told('destroyed')) {
      if (chat === position) {
        expect(kept.has(n)).toBe(false);
        expect(await vault.getItem(CONTENT, scope, n)).toBeUndefined();
      }
    }
  }
  expect((await who.blobs.list()).length).toBeLessThanOrEqual(files);
  await vault.close();
}

/** What was written to somebody who never came back is not said to be read, nor to be on a relay that refused it. */
export async function expectUnread(bond: Bond, day: (ms: number) => number): Promise<void> {
  for (const [speaker, vanished] of directions(bond)) {
    const written = new Set(speaker.said.slice(speaker.arrived).map(({ text }) => text));
    if (written.size === 0 || speaker.who.isOver) {
      continue;
    }
    const { accountWeeks = 26 } = vanished.who.precautions;
    for (const entry of await historyOf(chatOf(speaker))) {
      if (entry.from === 'me' && entry.kind === 'text' && written.has(entry.text)) {
        const wasKept = day(entry.at) - vanished.who.lastDay <= accountWeeks * 7;
        expect(entry.state).toBe(wasKept ? 'sent' : 'queued');
      }
    }
  }
}

/** Nothing at all. */
export async function expectEmpty({ store, blobs }: Resident): Promise<void> {
  expect(store.snapshot()).toEqual([]);
  expect(await blobs.list()).toEqual([]);
}
