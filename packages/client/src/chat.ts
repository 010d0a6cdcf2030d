/**
 * A chat, as a program sees it.
 *
 * @module
 */

import type { Fingerprint, TimerValue } from '@secret-chat/crypto';
import type { FetchFileOptions, FileSource, OpenFile, SendFileOptions } from './media/file.ts';
import type { SendPhotoOptions, SentPhoto } from './media/photo.ts';
import type { Message } from './message.ts';

export type ChatState =
  /** They used an invite of this device, and this side has not answered. */
  | 'requested'
  /** This side used an invite, and they have not accepted yet. What is written waits. */
  | 'waiting'
  | 'open'
  /** One of the two stores is an old copy; nothing is sent any more. The history can be read. */
  | 'stale'
  | 'ended';

/** Which part of the history: in its order, the oldest first, whatever is given. */
export interface HistoryQuery {
  /** Entries before this `n`; with `limit` the newest of them. */
  readonly before?: number;
  /** Entries after this `n`; with `limit` the oldest of them. */
  readonly after?: number;
  /** 50 if left out. */
  readonly limit?: number;
}

/** @throws `ClientError` `WRONG_STATE`, `NOT_FOUND`, `CLOSED`, `STORE_FAILED` where not said otherwise */
export interface Chat {
  /** Counts the chats of a device, from 1; never used again. */
  readonly n: number;
  readonly state: ChatState;
  /** What to show: the name given by {@link Chat.rename}, else the one that they chose. */
  readonly name: string;
  /** The name that they chose. Anyone can choose any. */
  readonly theirName: string;
  /** True if the fingerprint was compared (docs/protocol/fingerprint.md). */
  readonly verified: boolean;
  /** Entries of theirs that were not read. */
  readonly unread: number;
  /** The timer of messages to come. */
  readonly timer: TimerValue;

  /** Lets the other side in (`requested`). */
  accept(): Promise<void>;
  /** Forgets the request; they are not told (`requested`). */
  reject(): Promise<void>;
  /** Ends the chat without a word, and drops every later request of that identity. */
  block(): Promise<void>;
  /** Takes back a request of this side (`waiting`). */
  cancel(): Promise<void>;
  /**
   * Writes a text. It is on the disk when this resolves, and goes out when it can.
   *
   * @param text up to some 13,900 bytes of UTF-8
   * @throws `ClientError` `TOO_LONG`; `INVALID_ARGUMENT` for an empty text
   */
  sendText(text: string, options?: { readonly replyTo?: number }): Promise<Message>;
  /**
   * Sends a file. When this resolves it is encrypted on the disk, with its entry in the history, and goes up by itself, after a
   * restart too; its message goes out once all of it is on the relay. Nothing is left of what rejects.
   *
   * @throws `ClientError` `FILE_UNREADABLE`, `FILE_CHANGED`, `FILE_TOO_LARGE`, `TOO_LONG`, `INVALID_ARGUMENT`, `ABORTED`
   */
  sendFile(source: FileSource, options: SendFileOptions): Promise<Message>;
  /**
   * Sends a photo: made smaller, upright, and without place, time and camera, with a blurred preview; then as
   * {@link Chat.sendFile}. A device without an encoder (`photos`) sends it as it is, and says so: `sentAs` is `file`.
   *
   * @throws `ClientError` `PHOTO_UNREADABLE`, `FILE_TOO_LARGE` above 64 MiB; the rest as {@link Chat.sendFile}
   */
  sendPhoto(source: FileSource, options?: SendPhotoOptions): Promise<SentPhoto>;
  /** A file of mine that is not up yet: takes it back, with what the relay has of it. One of theirs: drops what is here of it. */
  cancelFile(n: number): Promise<void>;
  /** Stops a transfer until {@link Chat.resumeFile}. */
  pauseFile(n: number): Promise<void>;
  resumeFile(n: number): Promise<void>;
  /**
   * Fetches all of a file of theirs; resolves once it is here and authenticated.
   *
   * @throws `ClientError` `FILE_MISSING`, `FILE_DAMAGED`, `RELAY_FORBIDDEN`, `ABORTED`
   */
  fetchFile(n: number, options?: FetchFileOptions): Promise<void>;
  /**
   * Opens a file to be read at any offset, a hidden one too; what is not here yet is fetched when it is read. To be closed.
   *
   * It starts no countdown and makes no second check: before anything of it is shown, call {@link Chat.view}; for what is here and
   * not hidden {@link Chat.markRead} does, too.
   *
   * @throws `ClientError` `FILE_MISSING`, `FILE_DAMAGED`, `RELAY_FORBIDDEN`
   */
  openFile(n: number): Promise<OpenFile>;
  messages(query?: HistoryQuery): Promise<Message[]>;
  message(n: number): Promise<Message | undefined>;
  /**
   * Says that these were shown to the user; the others in it are ignored. So is a file with a timer of a minute or more that is
   * not here yet: say it again once it is, or {@link Chat.view} it.
   */
  markRead(n: number | readonly number[]): Promise<void>;
  /**
   * Opens a message: what is hidden until it is viewed, and any other. Its countdown runs from now on, and that is on the disk
   * before this resolves. What can be seen once is destroyed at {@link Chat.closeView}, and at the latest at the next start.
   *
   * @throws `ClientError` `WRONG_STATE` while a view-once message is being viewed
   */
  view(n: number): Promise<Message>;
  /** The viewer was closed. */
  closeView(n: number): Promise<void>;
  /**
   * What messages to come destroy themselves after, on both sides: `'off'`, `'once'`, or whole seconds, 1 to 4294967294.
   *
   * @throws `ClientError` `INVALID_ARGUMENT`
   */
  setTimer(timer: TimerValue): Promise<void>;
  /** Destroys messages of either side here, and asks the other side to: told as `deletion`, `asked` and then `confirmed`. */
  deleteMessages(n: number | readonly number[]): Promise<void>;
  /**
   * Destroys the history here, and asks the other side to. A file that is still going up is cancelled with it; one that the
   * other side's `clear` meets goes on, since they have not seen it.
   */
  clear(): Promise<void>;
  /**
   * Tells the other side that a screenshot was noticed here: of the message `n`, or of the chat. Only a program that can notice
   * one can tell of it; nothing keeps the other side's from being silent.
   */
  noticeScreenshot(n?: number): Promise<Message>;
  /** Says that the user is typing; sent now and then, and only while they are there. Never fails. */
  typing(): void;
  /** Digits, words and picture to compare. */
  fingerprint(): Fingerprint;
  /** Remembers that the two people compared the fingerprint. */
  markVerified(verified?: boolean): Promise<void>;
  /** Gives them a name on this device alone; an empty one takes it back. */
  rename(name: string): Promise<void>;
  /** Ends the chat on both sides. */
  end(): Promise<void>;
}
