/**
 * A command, and what it may use.
 *
 * @module
 */

import { type Chat, type ChatState, ClientError, type Device, type InviteOptions } from '@secret-chat/client';
import type { LocalFiles } from '../local-files.ts';
import type { Photos, Picture } from '../photos/photos.ts';
import { ProgramError } from '../problem.ts';
import type { ProfileKey } from '../profile-key.ts';
import type { ChatSummary, CommandHelp, SessionEvent } from '../session-event.ts';

export interface Command extends CommandHelp {
  /** @param words what follows the name, without white space around it */
  run(context: CommandContext, words: string): Promise<void> | void;
}

/** What commands see of a session. */
export interface CommandContext {
  readonly device: Device;
  readonly key: ProfileKey;
  readonly files: LocalFiles;
  readonly photos: Photos;
  /** Whether there is a person at a screen: pictures can be shown, and questions asked. */
  readonly isScreen: boolean;
  /** Whether pictures can be shown with more pixels than there are characters. */
  readonly drawsPictures: boolean;
  readonly focus: Chat | undefined;
  choose(n: number): void;
  summary(chat: Chat): ChatSummary;
  show(event: SessionEvent): void;
  note(text: string, chat?: number): void;
  /** Makes an invite and shows it. */
  invite(options?: InviteOptions): Promise<void>;
  join(link: string): Promise<Chat>;
  sendText(text: string, replyTo?: number): Promise<void>;
  /** The chat that something is to be sent in, as soon as there is one. */
  chatToWriteIn(): Promise<Chat>;
  markRead(chat: Chat, numbers: readonly number[]): Promise<void>;
  /** Opens a message and shows it, until the view closes it. */
  view(chat: Chat, n: number, picture?: Picture): Promise<void>;
  /** Asks the user for what must not be seen; `undefined` if they gave up. */
  askSecret(question: string): Promise<string | undefined>;
  /** Deletes the account, and leaves once everybody was told. */
  deleteAccount(): Promise<void>;
  leave(): void;
  /** Closes the device, until the passphrase is given again. */
  lock(): void;
}

/** The chat in focus. @throws {@link ProgramError} `NO_CHAT` */
export function chatInFocus({ focus }: CommandContext): Chat {
  if (focus === undefined) {
    throw new ProgramError(
      'NO_CHAT',
      'There is no chat yet. Make an invite with /invite, or use one with /join <link>.',
    );
  }
  return focus;
}

/** The chat that `word` numbers; without one, the chat in focus. @throws {@link ProgramError} `NO_CHAT`, `USAGE` */
export function chatOf(context: CommandContext, word: string): Chat {
  return word === '' ? chatInFocus(context) : numberedChat(context, word);
}

/**
 * The chat that `word` numbers; without one, the chat in focus if it is in `state`, or the only one that is.
 *
 * @throws {@link ProgramError} `NO_CHAT`, `USAGE`
 */
export function chatInState(context: CommandContext, word: string, state: ChatState, what: string): Chat {
  if (word !== '') {
    return numberedChat(context, word);
  }
  if (context.focus?.state === state) {
    return context.focus;
  }
  const [first, ...more] = context.device.chats.filter((chat) => chat.state === state);
  if (first === undefined) {
    throw new ProgramError('NO_CHAT', `There is no ${what}.`);
  }
  if (more.length > 0) {
    const numbers = [first, ...more].map(({ n }) => n).join(', ');
    throw new ProgramError('USAGE', `Which ${what}? Add the number of its chat: ${numbers}.`);
  }
  return first;
}

/** @throws {@link ProgramError} `USAGE` unless `word` is a whole number from 1 */
export function numberOf(word: string, what: string): number {
  if (!/^[1-9]\d{0,14}$/.test(word)) {
    throw new ProgramError('USAGE', `${what} is a number, such as 1.`);
  }
  return Number(word);
}

/** Numbers with white space between them. @throws {@link ProgramError} `USAGE` unless there is at least one */
export function numbersOf(words: string, what: string): number[] {
  return words.split(/\s+/).map((word) => numberOf(word, what));
}

/**
 * Does something with those of the messages that are there.
 *
 * @throws `ClientError` `NOT_FOUND` afterwards, if some are not
 */
export async function withMessages(
  chat: Chat,
  numbers: readonly number[],
  use: (numbers: readonly number[]) => Promise<void>,
): Promise<void> {
  const found = await Promise.all(numbers.map(async (n) => (await chat.message(n)) !== undefined));
  const there = numbers.filter((_, i) => found[i]);
  const missing = numbers.filter((_, i) => !found[i]);
  if (there.length > 0) {
    await use(there);
  }
  if (missing.length > 0) {
    const which = missing.length === 1 ? 'is no message' : 'are no messages';
    throw new ClientError('NOT_FOUND', `there ${which} ${missing.join(', ')}`);
  }
}

/** The first word, and the rest. */
export function splitWord(words: string): [string, string] {
  const [first = ''] = words.split(/\s/, 1);
  return [first, words.slice(first.length).trim()];
}

function numberedChat({ device }: CommandContext, word: string): Chat {
  const n = numberOf(word, 'A chat');
  const chat = device.chat(n);
  if (chat === undefined) {
    throw new ProgramError('NO_CHAT', `There is no chat ${n}. /chats lists them.`);
  }
  return chat;
}
