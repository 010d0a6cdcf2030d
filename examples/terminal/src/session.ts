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
import { inviteIn } from './invite-text.ts';
import type { LocalFiles } from './local-files.ts';
import type { Photos, Picture } from './photos/photos.ts';
import { asSentence, ProgramError, problemOf } from './problem.ts';
import type { ProfileKey } from './profile-key.ts';
import { Reading } from './reading.ts';
import { RelayWish } from './relay-wish.ts';
import type { ChatSummary, SessionEvent } from './session-event.ts';
import type { SessionOptions } from './session-options.ts';

/** A message that stands in a viewer. */
interface Viewed {
  readonly chat: Chat;
  readonly n: number;
}

export class Session implements CommandContext {
  readonly device: Device;
  readonly key: ProfileKey;
  readonly files: LocalFiles;
  readonly photos: Photos;
  readonly isScreen: boolean;
  readonly drawsPictures: boolean;
  readonly reading: Reading;
  readonly #options: SessionOptions;
  readonly #focus: Focus = new Focus();
  /** What {@link view} opened and nobody closed yet. */
  #viewed: Viewed[] = [];
  /** The invite that the program was started with is being used: texts wait for its chat. `undefined`: not any more. */
  #joining: Promise<Chat | undefined> | undefined;
  readonly #wish: RelayWish = new RelayWish((error) => {
    if (error !== undefined) {
      this.#tellUnlessLeaving(error);
    }
    this.#tellFocus();
  });
  #toldFocus: number | undefined;
  #unsubscribe: (() => void) | undefined;
  #leave: () => void = () => {};
  /** Whether the user comes back with the passphrase. */
  isLocked = false;
  /** Resolves when the user wants to leave, or to lock the profile. */
  readonly left: Promise<void> = new Promise((resolve) => {
    this.#leave = resolve;
  });

  constructor(options: SessionOptions) {
    this.device = options.device;
    this.key = options.key;
    this.files = options.files;
    this.photos = options.photos;
    this.isScreen = options.view.isScreen;
    this.drawsPictures = options.view.drawsPictures;
    this.#options = options;
    this.reading = new Reading({
      device: options.device,
      autoRead: options.autoRead,
      told: (chat, numbers) => this.show({ type: 'markedRead', chat, numbers }),
      failed: (error) => this.#tellUnlessLeaving(error),
    });
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
    if (device.deleting) {
      this.note(
        'This account is being deleted: everything here is destroyed, and the others are told. Leave any time.',
      );
      return;
    }
    if (this.#options.autoAccept) {
      await Promise.all(device.chats.filter(({ state }) => state === 'requested').map(({ n }) => this.#accept(n)));
    }
    await Promise.all([relay, this.#joining]);
    if (invite === undefined && device.chats.every(({ state }) => state === 'ended')) {
      await this.#wish.try(() => this.#firstInvite());
    }
    this.#tellFocus();
  }

  /** A line that was typed: a command, or a text. Resolves with whether it was done, or cancelled; never rejects. */
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
      done = isClientError(error, 'ABORTED');
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

  /** The view has closed what {@link view} opened. */
  closeView(chat: number, n: number): void {
    const closed = this.#viewed.filter((viewed) => viewed.chat.n === chat && viewed.n === n);
    this.#closeViews(closed).catch((error: unknown) => this.#tellUnlessLeaving(error));
  }

  /** Sends what waits and closes the device; a second call does nothing more. */
  async close(): Promise<void> {
    await this.#closeViews(this.#viewed).catch(() => {});
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

  lock(): void {
    this.isLocked = true;
    this.#leave();
  }

  async deleteAccount(): Promise<void> {
    const { done, left } = await this.device.deleteAccount();
    if (!done) {
      this.note(
        `Everything here is destroyed. ${left} chats and relays could not be told yet: that goes on by itself.`,
      );
    }
  }

  async view(chat: Chat, n: number, picture?: Picture): Promise<void> {
    const message = await chat.view(n);
    this.#viewed.push({ chat, n });
    if (message.from === 'them') {
      this.show({ type: 'markedRead', chat: chat.n, numbers: [n] });
    }
    this.show({ type: 'view', chat: chat.n, message, ...(picture === undefined ? {} : { picture }) });
  }

  async invite(options: InviteOptions = {}): Promise<void> {
    const invite = await this.device.createInvite(options);
    this.show({ type: 'invite', invite, command: `npm start -- ${invite.link}` });
  }

  async join(link: string): Promise<Chat> {
    const chat = await this.device.join(inviteIn(link));
    this.choose(chat.n);
    this.note(`You asked ${shortName(chat.name)} for a chat; what you write waits until they accept.`, chat.n);
    return chat;
  }

  async sendText(text: string, replyTo?: number): Promise<void> {
    const chat = await this.chatToWriteIn();
    await chat.sendText(text, replyTo === undefined ? {} : { replyTo });
  }

  async chatToWriteIn(): Promise<Chat> {
    const chat = this.#joining === undefined ? chatInFocus(this) : await this.#joining;
    if (chat === undefined) {
      throw new ProgramError('NO_CHAT', 'The invite could not be used: nothing was sent.');
    }
    return chat;
  }

  markRead(chat: Chat, numbers: readonly number[]): Promise<void> {
    return this.reading.markRead(chat, numbers);
  }

  #onEvent(event: DeviceEvent): void {
    this.show(event.type === 'error' ? { ...event, message: asSentence(event.message) } : event);
    if (event.type === 'request' && this.#options.autoAccept) {
      this.#accept(event.chat);
    } else if (event.type === 'accepted') {
      this.reading.accepted(event.chat);
    } else if (event.type === 'link' && event.link.state === 'online') {
      this.#wish.relayReached();
    } else if (event.type === 'locked') {
      this.lock();
    } else if (event.type === 'deleted') {
      this.#accountDeleted();
    }
    this.#tellFocus();
  }

  /** Nothing is left to come back to, so the key file is of no use any more. */
  async #accountDeleted(): Promise<void> {
    await this.key.file.remove().catch((error: unknown) => this.#tellProblem(error));
    this.leave();
  }

  async #closeViews(closed: readonly Viewed[]): Promise<void> {
    this.#viewed = this.#viewed.filter((viewed) => !closed.includes(viewed));
    await Promise.all(closed.map(({ chat, n }) => chat.closeView(n)));
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
    await this.#wish.try(async () => {
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
