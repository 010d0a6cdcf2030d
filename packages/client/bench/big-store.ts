/** A store as one has after years: written through the vault, from one chat that was really begun. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeContent, hashContent, systemRandom } from '@secret-chat/crypto';
import { CHAT, RATCHET } from '../src/chat/chat-record.ts';
import { CONTENT, MESSAGE, MINE, THEIRS } from '../src/chat/message-record.ts';
import { DEVICE } from '../src/device/device-record.ts';
import { newMailbox, serializeMailbox } from '../src/link/mailbox.ts';
import { openSqliteStore } from '../src/node/sqlite-store.ts';
import { NO_SCOPE, numberScope } from '../src/vault/scopes.ts';
import { Vault } from '../src/vault/vault.ts';

const IDLE_WEEKS = 26;
/** Messages of one commit. */
const TOGETHER = 500;
const TEXT = 'A message as people write them: a sentence or two, now and then a third one.';

/** @param folder of a device that has one chat, and is closed */
export async function fillStore(folder: string, chats: number, messagesOfOne: number): Promise<void> {
  const keyFile = new Uint8Array(readFileSync(join(folder, 'key')));
  const vault = await Vault.open(await openSqliteStore(folder), { keyFile }, systemRandom);
  const chat = await vault.get(CHAT, NO_SCOPE, 1);
  const ratchet = await vault.get(RATCHET, numberScope(1));
  const device = await vault.get(DEVICE, NO_SCOPE);
  if (chat === undefined || ratchet === undefined || device === undefined) {
    throw new Error('the store has no chat');
  }
  for (let n = 1; n <= chats; n++) {
    const first = vault.begin();
    const mailbox = n === 1 ? chat.mailbox : serializeMailbox(newMailbox(systemRandom, IDLE_WEEKS));
    const counters = { nextN: messagesOfOne + 1, nextSeq: messagesOfOne + 10, sealedSeq: chat.sealedSeq };
    first.put(CHAT, NO_SCOPE, n, { ...chat, ...(mailbox === undefined ? {} : { mailbox }), ...counters });
    first.put(RATCHET, numberScope(n), 0, ratchet);
    await first.commit();
    for (let begin = 1; begin <= messagesOfOne; begin += TOGETHER) {
      await addMessages(vault, n, begin, Math.min(messagesOfOne, begin + TOGETHER - 1));
    }
  }
  const last = vault.begin();
  last.put(DEVICE, NO_SCOPE, 0, { ...device, nextChat: chats + 1 });
  await last.commit();
  await vault.close();
}

async function addMessages(vault: Vault, chat: number, from: number, to: number): Promise<void> {
  const transaction = vault.begin();
  const scope = numberScope(chat);
  for (let n = from; n <= to; n++) {
    const mine = n % 2 === 0;
    const bytes = encodeContent({ type: 'text', text: `${n}: ${TEXT}` }, systemRandom);
    const state = mine ? 'sent' : 'read';
    transaction.put(MESSAGE, scope, n, {
      ...{ from: mine ? 'me' : 'them', kind: 'text', state, seq: n, at: Date.now(), timer: 0 },
    });
    transaction.putItem(CONTENT, scope, n, bytes);
    transaction.put(mine ? MINE : THEIRS, scope, n, { n, hash: hashContent(bytes, 'off') });
  }
  await transaction.commit();
}
