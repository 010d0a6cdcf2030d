/**
 * A program that sends or receives one file, and goes on with it after every death. It relies on nothing but what is in its
 * folder.
 */

import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { openDevice } from '../../src/device/open-device.ts';
import type { PieceRequest, PieceTransport, PieceUpload } from '../../src/link/piece-transport.ts';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { fileSource } from '../../src/node/file-source.ts';
import { readOrCreateKeyFile } from '../../src/node/key-file.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import type { MediaVictimSettings, MediaWord } from './victim-words.ts';

/** So that a life has time to end within a transfer. */
const PIECE_MS = 4;
const LOOK_MS = 20;

const settings = JSON.parse(process.argv[2] as string) as MediaVictimSettings;

function say(word: MediaWord): void {
  writeSync(1, `${JSON.stringify(word)}\n`);
}

/** Says what it has put and got, once the relay or the disk has it. */
class SayingPieces implements PieceTransport {
  readonly #inner = nodePieceTransport();

  async put(request: PieceRequest, upload: PieceUpload): Promise<'stored' | 'there'> {
    say({ begins: 'put' });
    const answer = await this.#inner.put(request, upload);
    say({ piece: answer });
    await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
    return answer;
  }

  async get(request: PieceRequest, length: number): Promise<Uint8Array> {
    const bytes = await this.#inner.get(request, length);
    say({ piece: 'got' });
    await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
    return bytes;
  }

  head(request: PieceRequest): Promise<number> {
    return this.#inner.head(request);
  }

  remove(request: PieceRequest, deleteToken: Uint8Array): Promise<void> {
    return this.#inner.remove(request, deleteToken);
  }

  close(): void {
    this.#inner.close();
  }
}

const device = await openDevice({
  store: await openSqliteStore(settings.folder),
  files: await openBlobFolder(join(settings.folder, 'files')),
  pieces: new SayingPieces(),
  keyFile: await readOrCreateKeyFile(join(settings.folder, 'key')),
  name: settings.name,
  relay: settings.relay,
  transport: wsTransport(),
  autoFetchBytes: Number.MAX_SAFE_INTEGER,
});
device.subscribe(() => {});

async function step(): Promise<void> {
  // A relay that was killed is back soon.
  device.retryNow();
  const [chat] = device.chats;
  if (chat === undefined) {
    await (settings.link === undefined ? invite() : device.join(settings.link));
    return;
  }
  if (chat.state === 'requested') {
    await chat.accept();
  }
  if (chat.state !== 'open') {
    return;
  }
  const files = (await chat.messages()).filter((message) => message.kind === 'file');
  const file = files[0];
  if (file === undefined && settings.source !== undefined) {
    const source = await fileSource(settings.source);
    await chat.sendFile(source, { name: 'file' });
  }
  if (file?.fileState === 'fetched') {
    if (file.from === 'me') {
      say({ done: 'sent', files: files.length });
    } else {
      const hash = createHash('sha256');
      const opened = await chat.openFile(file.n);
      for await (const block of opened.stream()) {
        hash.update(block);
      }
      await opened.close();
      say({ done: hash.digest('hex'), files: files.length });
    }
  }
}

async function invite(): Promise<void> {
  const [known = await device.createInvite()] = device.invites;
  say({ link: known.link });
}

for (;;) {
  await step().catch((error: unknown) => {
    // A relay that is away, or a chat that has just changed: tried again.
    say({ failed: String(error) });
  });
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
