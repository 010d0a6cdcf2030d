/** A store with very many countdowns that run: written through the vault, from one chat that was really begun. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeContent, hashContent, serializeCountdown, systemRandom } from '@secret-chat/crypto';
import { CHAT, RATCHET } from '../src/chat/chat-record.ts';
import { CONTENT, MESSAGE, MINE, THEIRS } from '../src/chat/message-record.ts';
import { DEVICE } from '../src/device/device-record.ts';
import { DEADLINE, LIFE } from '../src/life/life-record.ts';
import { newMailbox, serializeMailbox } from '../src/link/mailbox.ts';
import { openSqliteStore } from '../src/node/sqlite-store.ts';
import { NO_SCOPE, numberScope } from '../src/vault/scopes.ts';
import type { Transaction } from '../src/vault/transaction.ts';
import { Vault } from '../src/vault/vault.ts';

const IDLE_WEEKS = 26;
const MONTH_S = 30 * 86_400;
const HOUR_MS = 3_600_000;
/** Countdowns that end in the same millisecond share a record, as the client writes it. */
const IN_RECORD = 64;
/** Messages of one commit: whole records. */
const TOGETHER: number = 16 * IN_RECORD;
const TEXT = 'A message as people write them: a sentence or two, now and then a third one.';

export interface TimedStore {
  readonly chats: number;
  /** Of each chat. */
  readonly messages: number;
  /** The wall clock when it was written, Unix time in ms. */
  readonly writtenAtMs: number;
  /** When all messages of the first chat run out, after that; those of others later. */
  readonly firstAfterMs: number;
}

/** @param folder of a device that has one chat, and is closed */
export async function fillTimedStore(folder: string, store: TimedStore): Promise<void> {
  const keyFile = new Uint8Array(readFileSync(join(folder, 'key')));
  const vault = await Vault.open(await openSqliteStore(folder), { keyFile }, systemRandom);
  const chat = await vault.get(CHAT, NO_SCOPE, 1);
  const ratchet = await vault.get(RATCHET, numberScope(1));
  const device = await vault.get(DEVICE, NO_SCOPE);
  if (chat === undefined || ratchet === undefined || device === undefined) {
    throw new Error('the store has no chat');
  }
  const { chats, messages, writtenAtMs } = store;
  for (let n = 1; n <= chats; n++) {
    const first = vault.begin();
    const mailbox = n === 1 ? chat.mailbox : serializeMailbox(newMailbox(systemRandom, IDLE_WEEKS));
    const counters = { nextN: messages + 1, nextSeq: messages + 10, sealedSeq: messages + 9, covered: messages + 9 };
    first.put(CHAT, NO_SCOPE, n, { ...chat, ...(mailbox === undefined ? {} : { mailbox }), ...counters });
    first.put(RATCHET, numberScope(n), 0, ratchet);
    await first.commit();
    for (let from = 1; from <= messages; from += TOGETHER) {
      const transaction = vault.begin();
      const deadlines = addMessages(transaction, n, from, Math.min(messages, from + TOGETHER - 1), store);
      addDeadlines(transaction, n, deadlines);
      await transaction.commit();
    }
  }
  const last = vault.begin();
  last.put(DEVICE, NO_SCOPE, 0, { ...device, nextChat: chats + 1 });
  last.put(LIFE, NO_SCOPE, 0, { nowMs: writtenAtMs, wallMs: writtenAtMs, era: 0 });
  await last.commit();
  await vault.close();
}

/** Returns which entries end when. */
function addMessages(
  transaction: Transaction,
  chat: number,
  from: number,
  to: number,
  { writtenAtMs, firstAfterMs }: TimedStore,
): Map<number, number[]> {
  const scope = numberScope(chat);
  const deadlines = new Map<number, number[]>();
  for (let n = from; n <= to; n++) {
    const mine = n % 2 === 0;
    // Those of the first chat were read in one go.
    const deadlineMs =
      chat === 1
        ? writtenAtMs + firstAfterMs - Math.floor((n - 1) / IN_RECORD)
        : writtenAtMs + HOUR_MS + Math.floor(Math.random() * MONTH_S * 1_000);
    deadlines.set(deadlineMs, [...(deadlines.get(deadlineMs) ?? []), n]);
    const role = mine ? 'sender' : 'recipient';
    const countdown = serializeCountdown({ kind: 'text', role, timer: MONTH_S, phase: 'running', deadlineMs });
    const bytes = encodeContent({ type: 'text', text: `${n}: ${TEXT}` }, systemRandom);
    transaction.put(MESSAGE, scope, n, {
      ...{
        from: mine ? 'me' : 'them',
        kind: 'text',
        state: 'read',
        seq: n,
        at: writtenAtMs,
        timer: MONTH_S,
        countdown,
      },
    });
    transaction.putItem(CONTENT, scope, n, bytes);
    transaction.put(mine ? MINE : THEIRS, scope, n, { n, hash: hashContent(bytes, MONTH_S) });
  }
  return deadlines;
}

function addDeadlines(transaction: Transaction, chat: number, deadlines: ReadonlyMap<number, readonly number[]>): void {
  for (const [deadlineMs, numbers] of deadlines) {
    transaction.put(DEADLINE, numberScope(chat), deadlineMs, numbers);
  }
}
