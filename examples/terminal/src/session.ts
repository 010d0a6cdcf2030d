/**
 * A session: an open device, the chat in focus, and what happens by itself. It knows no screen: a view is told what
 * happens, and hands in the lines that are typed.
 *
 * @module
 */

import type { Chat, Device, DeviceEvent, InviteOptions } from '@secret-chat/client';
import { isClientError } from '@secret-chat/client';
import { type CommandContext, chatInFocus } from './commands/command.ts';
import { readLine } from './commands/table.ts';
import { Focus } from './focus.ts';
import { shortName } from './harmless.ts';
import { ProgramError, problemOf } from './problem.ts';
import type { ProfileKey } from './profile-key.ts';
import type { ChatSummary, SessionEvent } from './session-event.ts';

export interface SessionOptions {
  readonly device: Device;
  readonly profile: string;
  readonly key: ProfileKey;
  /** Lets everyone in who uses an invite. */
  readonly autoAccept: boolean;
  /** What was shown counts as read. */
  readonly autoRead: boolean;
  readonly view: SessionView;
}

/** What a session needs of a view. */
export interface SessionView {
  show(event: SessionEvent): void;
  askSecret(question: string): Promise<string | undefined>;
}

export class Session implements CommandContext {
  readonly device: Device;
  readonly key: ProfileKey;
  readonly #options: SessionOptions;
  readonly #focus: Focus = new Focus();
  /** Shown while their chats were requests: what a stranger wrote is not read before they are let in. */
  readonly #shownEarly: Map<number, number[]> = new Map();
  /** The invite that the program was started with is being used: texts wait for its chat. `undefined`: not any more. */
  #joining: Promise<Chat | undefined> | undefined;
  /** What the user asked for at the start and no relay could be reached for. */
  #waitsForRelay: (() => Promise<void>) | undefined;
  #toldFocus: number | undefined;
  #unsubscribe: (() => void) | undefined;
  #leave: () => void = () => {};
  /** Resolves when the user wants to leave. */
  readonly left: Promise<void> = new Promise((resolve) => {
    this.#leave = resolve;
  });

  constructor(options: SessionOptions) {
    this.device = options.device;
    this.key = options.key;
    this.#options = options;
  }

  get focus(): Chat | undefined {
    return this.#joining === undefined ? this.#focus.of(this.device.chats) : undefined;
  }

  /**
   * Says that it is ready and listens to the device; then uses `invite`, or makes one if there is nobody to talk to.
   *
   * @param relay resolves when a relay could be reached, or could not be started
   */
  async start(invite: string | undefined, relay: Promise<void>): Promise<void> {
    const { device } = this;
    const chats = device.chats.map((chat) => this.summary(chat));
    this.show({ type: 'ready', profile: this.#options.profile, name: device.name, relay: device.relay, chats });
    if (invite !== undefined) {
      this.#joining = this.#joinFirst(invite, relay);
    }
    this.#unsubscribe = device.subscribe((event) => this.#onEvent(event));
    this.#tellFocus();
    if (this.#options.autoAccept) {
      await Promise.all(device.chats.filter(({ state }) => state === 'requested').map(({ n }) => this.#accept(n)));
    }
    await Promise.all([relay, this.#joining]);
    if (invite === undefined && device.chats.every(({ state }) => state === 'ended')) {
      await this.#now(() => this.#firstInvite());
    }
    this.#tellFocus();
  }

  /** A line that was typed: a command, or a text for the chat in focus. Resolves with whether it was done; never rejects. */
  async enter(line: string): Promise<boolean> {
    let done = true;
    try {
      const meaning = readLine(line);
      if (meaning.kind === 'command') {
        await meaning.command.run(this, meaning.words);
      } else if (meaning.kind === 'text') {
        await this.sendText(meaning.text);
      }
    } catch (error) {
      done = false;
      this.#tellProblem(error);
    }
    this.#tellFocus();
    return done;
  }

  /** What stands in the input line now: the focus stays with it, and the other person is told that it is being written. */
  draft(text: string): void {
    if (text === '') {
      this.#focus.release(this.device.chats);
    } else if (!text.startsWith('/')) {
      this.#focus.hold(this.device.chats);
      this.focus?.typing();
    }
  }

  /** These messages were shown to the user. */
  shown(chat: number, numbers: readonly number[]): void {
    if (!this.#options.autoRead || numbers.length === 0) {
      return;
    }
    const live = this.device.chat(chat);
    if (live?.state === 'requested') {
      this.#shownEarly.set(chat, [...(this.#shownEarly.get(chat) ?? []), ...numbers]);
    } else if (live !== undefined) {
      this.markRead(live, numbers).catch((error: unknown) => this.#tellUnlessLeaving(error));
    }
  }

  /** Sends what waits and closes the device; a second call does nothing more. */
  async close(): Promise<void> {
    await this.device.close();
    this.#unsubscribe?.();
  }

  choose(n: number): void {
    this.#focus.choose(n);
  }

  summary({ n, name, state, verified, unread, timer }: Chat): ChatSummary {
    return { chat: n, name, state, verified, unread, timer, inFocus: n === this.focus?.n };
  }

  show(event: SessionEvent): void {
    this.#options.view.show(event);
  }

  note(text: string, chat?: number): void {
    this.show({ type: 'note', text, ...(chat === undefined ? {} : { chat }) });
  }

  askSecret(question: string): Promise<string | undefined> {
    return this.#options.view.askSecret(question);
  }

  leave(): void {
    this.#leave();
  }

  async invite(options: InviteOptions = {}): Promise<void> {
    const invite = await this.device.createInvite(options);
    this.show({ type: 'invite', invite, command: `npm start -- ${invite.link}` });
  }

  async join(link: string): Promise<Chat> {
    const chat = await this.device.join(link);
    this.choose(chat.n);
    this.note(`You asked ${shortName(chat.name)} for a chat; what you write waits until they accept.`, chat.n);
    return chat;
  }

  async sendText(text: string, replyTo?: number): Promise<void> {
    const chat = this.#joining === undefined ? chatInFocus(this) : await this.#joining;
    if (chat === undefined) {
      throw new ProgramError('NO_CHAT', 'The invite could not be used: the text was not sent.');
    }
    await chat.sendText(text, replyTo === undefined ? {} : { replyTo });
  }

  async markRead(chat: Chat, numbers: readonly number[]): Promise<void> {
    await chat.markRead(numbers);
    this.show({ type: 'markedRead', chat: chat.n, numbers });
  }

  #onEvent(event: DeviceEvent): void {
    this.show(event);
    if (event.type === 'request' && this.#options.autoAccept) {
      this.#accept(event.chat);
    } else if (event.type === 'accepted') {
      this.shown(event.chat, this.#shownEarly.get(event.chat) ?? []);
      this.#shownEarly.delete(event.chat);
    } else if (event.type === 'link' && event.link.state === 'online') {
      this.#relayReached();
    }
    this.#tellFocus();
  }

  async #accept(n: number): Promise<void> {
    try {
      await this.device.chat(n)?.accept();
    } catch (error) {
      this.#tellUnlessLeaving(error, n);
    }
  }

  /** The chat of the invite, or `undefined` if it cannot be used (now). */
  async #joinFirst(invite: string, relay: Promise<void>): Promise<Chat | undefined> {
    await relay;
    let chat: Chat | undefined;
    await this.#now(async () => {
      chat = await this.join(invite);
    });
    this.#joining = undefined;
    return chat;
  }

  /** One that can still be used, or a new one. */
  async #firstInvite(): Promise<void> {
    const usable = this.device.invites.at(-1);
    if (usable === undefined) {
      await this.invite();
    } else {
      this.show({ type: 'invite', invite: usable, command: `npm start -- ${usable.link}` });
    }
  }

  /** Does it; once more whenever a relay is reached, as long as none could be. */
  async #now(wish: () => Promise<void>): Promise<void> {
    this.#waitsForRelay = undefined;
    try {
      await wish();
    } catch (error) {
      if (isClientError(error, 'RELAY_UNREACHABLE')) {
        this.#waitsForRelay = wish;
      }
      this.#tellUnlessLeaving(error);
    }
    this.#tellFocus();
  }

  #relayReached(): void {
    if (this.#waitsForRelay !== undefined) {
      this.#now(this.#waitsForRelay);
    }
  }

  #tellFocus(): void {
    const { focus } = this;
    if (focus?.n !== this.#toldFocus) {
      this.#toldFocus = focus?.n;
      this.show({ type: 'focus', chat: focus === undefined ? undefined : this.summary(focus) });
    }
  }

  #tellProblem(error: unknown, chat?: number): void {
    this.show({ type: 'error', ...problemOf(error), ...(chat === undefined ? {} : { chat }) });
  }

  #tellUnlessLeaving(error: unknown, chat?: number): void {
    if (!isClientError(error, 'CLOSED')) {
      this.#tellProblem(error, chat);
    }
  }
}
