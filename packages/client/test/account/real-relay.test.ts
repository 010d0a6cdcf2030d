/** Moving and deleting on a real relay, with stores and files on the disk. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Relay } from '@secret-chat/relay';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDevice } from '../../src/index.ts';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { type Options, pair, sample, until } from '../media/pair.ts';
import { testRelay } from '../support/relay.ts';

const WEEK_MS = 7 * 86_400_000;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'secret-chat-account-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function onDisk(): Promise<Options & { readonly store: NonNullable<Options['store']> }> {
  return { store: await openSqliteStore(folder()), files: await openBlobFolder(folder()) };
}

/** What the relay holds, by its own word. */
async function held(relay: Relay): Promise<Record<string, number>> {
  const text = await (await fetch(relay.metricsUrl as string)).text();
  const totals = [...text.matchAll(/^secret_chat_relay_(mailboxes|cards|envelopes|pieces|prekeys) (\d+)$/gm)];
  return Object.fromEntries(totals.map(([, name, count]) => [name, Number(count)]));
}

describe('on a real relay', () => {
  test('a chat moves while both write, and nothing is lost', { timeout: 60_000 }, async () => {
    const relay = await testRelay({ metricsPort: 0 });
    const moves = { moveMailboxes: { afterEnvelopes: 15 } };
    const { sender, receiver } = await pair({
      relay,
      sender: { ...(await onDisk()), ...moves },
      receiver: { ...(await onDisk()), ...moves },
    });
    const said: string[] = [];
    for (let i = 0; i < 120; i += 1) {
      said.push(`text ${i}`);
      await (i % 2 === 0 ? sender : receiver).chat.sendText(`text ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const texts = async (user: typeof sender) =>
      (await user.chat.messages({ limit: 1000 })).flatMap((message) => (message.kind === 'text' ? [message.text] : []));
    const all = async () => (await texts(sender)).length === 120 && (await texts(receiver)).length === 120;
    await until(async () => ((await all()) ? true : undefined), 'all texts');
    expect((await texts(sender)).sort()).toEqual([...said].sort());
    expect((await texts(receiver)).sort()).toEqual([...said].sort());
    await until(async () => ((await held(relay)).mailboxes === 2 ? true : undefined), 'two mailboxes');
    expect([...sender.told('missing'), ...receiver.told('missing'), ...sender.told('stale')]).toEqual([]);
  });

  test('a deleted account leaves nothing: no file, no blob, no mailbox, card or piece', {
    timeout: 60_000,
  }, async () => {
    const relay = await testRelay({ metricsPort: 0 });
    const [storeFolder, blobFolder] = [folder(), folder()];
    const { sender, receiver } = await pair({
      relay,
      sender: { store: await openSqliteStore(storeFolder), files: await openBlobFolder(blobFolder) },
      receiver: { ...(await onDisk()), autoFetchBytes: 0 },
    });
    await sender.chat.sendText('gone soon');
    await sender.chat.sendFile(sample(300_000), { name: 'a.bin' });
    await sender.untilFile('up');
    await sender.device.createInvite({ reusable: true });
    // This one is still on its way.
    await sender.chat.sendFile(sample(20_000_000), { name: 'b.bin' });
    expect((await held(relay)).pieces).toBeGreaterThan(0);
    expect(readdirSync(blobFolder).length).toBeGreaterThan(0);
    expect(await sender.device.deleteAccount()).toEqual({ done: true, left: 0 });
    expect(readdirSync(storeFolder)).toEqual([]);
    expect(readdirSync(blobFolder)).toEqual([]);
    await until(() => (receiver.told('ended').length === 1 ? true : undefined), 'the end');
    await until(async () => {
      const totals = await held(relay);
      return Object.values(totals).every((count) => count === 0) ? true : undefined;
    }, 'an empty relay');
  });

  test('too many wrong passphrases leave no file of the store, and no blob', { timeout: 60_000 }, async () => {
    const [storeFolder, blobFolder] = [folder(), folder()];
    const { sender } = await pair({
      sender: { store: await openSqliteStore(storeFolder), files: await openBlobFolder(blobFolder) },
    });
    await sender.chat.sendFile(sample(100_000), { name: 'a.bin' });
    await sender.device.setMaxAttempts(3);
    await sender.device.close();
    const attempt = async () => {
      const store = await openSqliteStore(storeFolder);
      const files = await openBlobFolder(blobFolder);
      return openDevice({ store, files, passphrase: 'wrong', transport: wsTransport() });
    };
    for (const code of ['WRONG_PASSPHRASE', 'WRONG_PASSPHRASE', 'STORE_ERASED']) {
      expect(readdirSync(storeFolder)).toContain('store.sqlite');
      await expect(attempt()).rejects.toMatchObject({ code });
    }
    expect(readdirSync(storeFolder)).toEqual([]);
    expect(readdirSync(blobFolder)).toEqual([]);
  });

  test('the period is what the relay goes by', { timeout: 60_000 }, async () => {
    const { sender } = await pair({ relay: await testRelay() });
    await sender.device.createInvite({ reusable: true });
    const weeksLeft = async () => {
      const { mailboxes, cards } = await sender.device.exportRelayData();
      return [...mailboxes, ...cards].map(({ expiresAt }) => (Date.parse(expiresAt) - Date.now()) / WEEK_MS);
    };
    for (const wanted of [104, 1, 52]) {
      await sender.device.setAccountTtl(wanted);
      // A relay rounds up to the week.
      const isSo = (weeks: number) => weeks > wanted - 1 && weeks <= wanted + 1;
      await until(async () => ((await weeksLeft()).every(isSo) ? true : undefined), `${wanted} weeks`);
      expect(await weeksLeft()).toHaveLength(3);
    }
  });
});
