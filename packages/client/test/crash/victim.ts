/**
 * A program that holds one side of a conversation, and goes on with it after every death: it invites or joins, sends
 * numbered texts, reads what comes, and says everything that it notices.
 *
 * It relies on nothing but its store: what it finds there tells it where it was.
 */

import { writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { openDevice } from '../../src/device/open-device.ts';
import type { Device } from '../../src/device.ts';
import { isClientError } from '../../src/errors.ts';
import type { DeviceEvent } from '../../src/events.ts';
import { readOrCreateKeyFile } from '../../src/node/key-file.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { scaledClock } from '../support/scaled-clock.ts';
import { DyingStore } from './dying-store.ts';
import type { ShownEntry, VictimOrder, VictimSettings, VictimWord } from './victim-words.ts';

/** Ahead of the other side by so many texts at most: so that turns change often, with some texts in each. */
const AHEAD = 5;
const ALL = Number.MAX_SAFE_INTEGER;

const settings = JSON.parse(process.argv[2] as string) as VictimSettings;
const store = new DyingStore(await openSqliteStore(settings.folder), settings.death);

function say(word: VictimWord): void {
  writeSync(1, `${JSON.stringify(word)}\n`);
}

/** What is to be done next, once something has changed; one thing after another. */
class Conversation {
  readonly #device: Device;
  #isEnding = settings.isEnding;
  #closes = false;
  #link: string | undefined;
  #running = false;
  #again = false;
  #isComplete = false;
  #isOver = false;
  #wasOpen = false;

  constructor(device: Device) {
    this.#device = device;
  }

  order(order: VictimOrder): void {
    if ('link' in order) {
      this.#link = order.link;
    } else {
      this.#isEnding ||= order.order === 'end';
      this.#closes ||= order.order === 'close';
    }
    this.go();
  }

  told(event: DeviceEvent): void {
    const { type } = event;
    if (type === 'link' || type === 'typing') {
      return;
    }
    say({
      event: type,
      ...('chat' in event && event.chat !== undefined ? { chat: event.chat } : {}),
      ...('n' in event ? { n: event.n } : type === 'message' ? { n: event.message.n } : {}),
      ...('why' in event ? { why: event.why } : type === 'error' ? { why: `${event.code}: ${event.message}` } : {}),
      batches: store.batches,
    });
    this.#wasOpen ||= type === 'accepted';
    this.go();
  }

  go(): void {
    this.#again = true;
    if (!this.#running) {
      this.#running = true;
      this.#goOn().catch((error: unknown) => {
        if (isClientError(error, 'RELAY_UNREACHABLE')) {
          // The clock is fast and the machine may be slow: as a person would, it tries again.
          this.#running = false;
          return;
        }
        say({ failed: String((error as Error).stack) });
        process.exit(3);
      });
    }
  }

  async #goOn(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      if (this.#closes) {
        await this.#device.close();
        process.exit(0);
      }
      await this.#step();
    }
    this.#running = false;
  }

  async #step(): Promise<void> {
    const chat = this.#device.chats[0] as LiveChat | undefined;
    if (chat === undefined) {
      await (this.#isEnding || this.#wasOpen ? this.#over() : this.#meet());
      return;
    }
    if (chat.state === 'requested') {
      await chat.accept();
    }
    if (chat.state === 'open' || chat.state === 'waiting') {
      await this.#talk(chat);
    }
  }

  async #meet(): Promise<void> {
    if (settings.joins) {
      if (this.#link !== undefined) {
        await this.#device.join(this.#link, { text: 'may I?' });
        this.#again = true;
      }
      return;
    }
    const [invite = await this.#device.createInvite()] = this.#device.invites;
    if (this.#link !== invite.link) {
      this.#link = invite.link;
      say({ link: invite.link });
    }
  }

  async #talk(chat: LiveChat): Promise<void> {
    const history = await chat.messages({ limit: ALL });
    const unread = history.filter(({ from, state }) => from === 'them' && state === 'received').map(({ n }) => n);
    if (unread.length > 0) {
      await chat.markRead(unread);
    }
    const mine = history.filter((entry) => entry.from === 'me' && isText(entry, settings.name)).length;
    const theirs = history.filter((entry) => entry.from === 'them' && !isText(entry, 'may I?')).length;
    if (mine < settings.texts && mine < theirs + AHEAD) {
      await chat.sendText(`${settings.name} ${mine + 1}`);
      say({ sent: mine + 1 });
      this.#again = true;
      return;
    }
    const isRead = history.every(({ state }) => state === 'read');
    const { outbox, ahead } = chat.session;
    if (mine < settings.texts || theirs < settings.texts || !isRead || outbox.size > 0 || ahead.size > 0) {
      return;
    }
    if (!this.#isComplete) {
      this.#isComplete = true;
      say({
        complete: {
          history: history.map(
            (entry): ShownEntry => [entry.n, entry.from, entry.state, entry.kind === 'text' ? entry.text : entry.kind],
          ),
          unread: chat.unread,
        },
      });
    }
    if (this.#isEnding && settings.ends) {
      await chat.end();
      this.#again = true;
    }
  }

  async #over(): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      say({ over: true, batches: store.batches });
    }
  }
}

function isText(entry: { readonly kind: string; readonly text?: string }, beginning: string): boolean {
  return entry.kind === 'text' && entry.text?.startsWith(beginning) === true;
}

const clock = scaledClock(settings.speed);
const device = await openDevice({
  store,
  keyFile: await readOrCreateKeyFile(join(settings.folder, 'key')),
  name: settings.name,
  relay: settings.relay,
  clock,
  transport: wsTransport(),
});
const conversation = new Conversation(device);
device.subscribe((event) => conversation.told(event));
createInterface({ input: process.stdin }).on('line', (line) => conversation.order(JSON.parse(line) as VictimOrder));
conversation.go();
// An outbox empties, and a chat is forgotten, without an event.
setInterval(() => conversation.go(), 20);
