/** Someone with a store and files on the disk, whose sockets, uploads and clock a test has in its hands. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openBlobFolder, openSqliteStore } from '../../src/node/index.ts';
import { meet, type Options, User, until } from '../media/pair.ts';
import { WatchedPieces } from '../media/watched-pieces.ts';
import { RelayOnDisk } from './relay-on-disk.ts';
import { ShiftedClock } from './shifted-clock.ts';
import { Wire } from './wire.ts';

/** Longer than any (docs/protocol/delivery.md §7.2). */
const RECEIPTS_WAIT_MS = 2_500;

/** Whatever kind of relay it is. */
interface Reached {
  readonly origin: string;
}

export class Member extends User {
  /** Of the store; files are below it. */
  readonly folder: string;
  readonly wire: Wire;
  readonly clock: ShiftedClock;
  readonly pieces: WatchedPieces;
  readonly #relay: Reached;

  private constructor(name: string, relay: Reached, folder: string, options: Options) {
    const parts = { transport: new Wire(), clock: new ShiftedClock(), pieces: new WatchedPieces() };
    super(name, relay.origin, { ...parts, ...options });
    this.folder = folder;
    this.#relay = relay;
    this.wire = parts.transport;
    this.clock = parts.clock;
    this.pieces = parts.pieces;
  }

  /** Ends with the test, and the store with it. */
  static async join(name: string, relay: Reached, options: Options = {}, folder = newFolder()): Promise<Member> {
    return new Member(name, relay, folder, options).reopen();
  }

  /** From what lies in its folder. */
  async reopen(): Promise<this> {
    return this.open({
      store: await openSqliteStore(join(this.folder, 'store')),
      files: await openBlobFolder(join(this.folder, 'files')),
    });
  }

  /** Someone whose folder is a copy of what is on the disk now, as after a power cut; not opened yet. */
  async copied(): Promise<Member> {
    const folder = newFolder();
    cpSync(this.folder, folder, { recursive: true });
    return new Member(this.name, this.#relay, folder, {});
  }

  /** Writes, and resolves when `other` has it; with its numbers here and there. */
  async tell(other: Member, text: string): Promise<{ readonly mine: number; readonly theirs: number }> {
    const { n: mine } = await this.chat.sendText(text);
    return { mine, theirs: await other.hears(text) };
  }

  /** Shows it; the receipt does not wait for others. */
  async reads(n: number): Promise<void> {
    await this.chat.markRead(n);
    this.clock.advance(RECEIPTS_WAIT_MS);
  }

  /** A text of theirs. */
  async hears(text: string): Promise<number> {
    const find = () =>
      this.told('message').find(
        ({ message }) => message.kind === 'text' && message.from === 'them' && message.text === text,
      );
    return (await until(find, `${this.name} hears "${text}"`)).message.n;
  }

  async heardTexts(): Promise<string[]> {
    const messages = await this.chat.messages({ limit: 1000 });
    return messages.flatMap((message) => (message.kind === 'text' && message.from === 'them' ? [message.text] : []));
  }

  /** When a message of mine, or of theirs, is gone. */
  async destroyed(n: number): Promise<void> {
    await until(() => this.told('destroyed').find((event) => event.n === n), `${this.name}'s ${n} is destroyed`);
  }
}

export interface Scene {
  readonly relay: RelayOnDisk;
  readonly anna: Member;
  readonly ben: Member;
}

/** Two who can talk; Anna made the invite. */
export async function scene(
  options: { readonly relay?: RelayOnDisk; readonly anna?: Options; readonly ben?: Options } = {},
): Promise<Scene> {
  const relay = options.relay ?? (await RelayOnDisk.start());
  const anna = await Member.join('Anna Amsel', relay, options.anna);
  const ben = await Member.join('Ben Buchfink', relay, options.ben);
  await meet(anna, ben);
  return { relay, anna, ben };
}

/** An empty one, removed after the test. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secret-chat-promise-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Once it holds. */
export async function holds(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await until(async () => ((await isSo()) ? true : undefined), what);
}
