/**
 * A chat that is open in this process: what a program calls, with its files and its delivery behind it.
 *
 * @module
 */

import { type Fingerprint, type TimerValue, timerFromWire } from '@secret-chat/crypto';
import type { Chat, ChatState, HistoryQuery } from '../chat.ts';
import { Delivery } from '../delivery/delivery.ts';
import type { ChatHost } from '../device/chat-host.ts';
import { ClientError } from '../errors.ts';
import { clearHistory, finishClearing } from '../life/clearing.ts';
import { deleteEntries } from '../life/deletion.ts';
import { closeEntry, readTheirs, viewEntry } from '../life/reading.ts';
import { ChatFiles } from '../media/chat-files.ts';
import type { FetchFileOptions, FileSource, OpenFile, SendFileOptions } from '../media/file.ts';
import type { SendPhotoOptions, SentPhoto } from '../media/photo.ts';
import type { Message } from '../message.ts';
import type { ChatSession } from './chat-session.ts';
import { changeTimer } from './chat-timer.ts';
import { END_RECORD_MS, endChat } from './end.ts';
import { GatheredChanges } from './gathered-changes.ts';
import { localName, setLocalName } from './local-name.ts';
import { requireState } from './require-state.ts';
import { said } from './said.ts';
import { screenshotNoticed } from './screenshot.ts';
import { shownEntry, shownPage, shownRequest } from './shown-history.ts';
import { checkVerified, fingerprintOf, setVerified } from './verification.ts';
import { writeText } from './write-text.ts';

export class LiveChat implements Chat {
  readonly session: ChatSession;
  readonly #host: ChatHost;
  readonly #files: ChatFiles;
  readonly #delivery: Delivery;
  /** Many texts at once cost one commit. */
  readonly #writing: GatheredChanges;

  constructor(session: ChatSession, host: ChatHost) {
    this.session = session;
    this.#host = host;
    this.#files = new ChatFiles(session);
    this.#delivery = new Delivery(session, host, {
      put: (seqs) => host.put(this, seqs),
      gone: () => this.#gone(),
      quiet: () => this.#quiet(),
    });
    this.#writing = new GatheredChanges(session, (change) => this.#delivery.sealInto(change));
  }

  /** Connects: subscribes to the chat's mailboxes, and sends what waits. */
  start(): void {
    const { mailbox, state } = this.session.record;
    if (mailbox !== undefined && state !== 'requested') {
      this.#delivery.start();
    }
  }

  /** The relays are to keep its mailboxes for another time. */
  renew(): void {
    this.#delivery.renew();
  }

  stop(): Promise<void> {
    return this.#delivery.stop();
  }

  /** Contents wait to be sealed. */
  kick(): void {
    this.#delivery.kick();
  }

  /** Sends what can be sent now. */
  flush(): Promise<void> {
    return this.#delivery.flush();
  }

  get n(): number {
    return this.session.n;
  }

  get state(): ChatState {
    return this.session.forgotten ? 'ended' : this.session.record.state;
  }

  get name(): string {
    return this.session.record.localName ?? this.theirName;
  }

  get theirName(): string {
    return this.session.record.theirName;
  }

  get verified(): boolean {
    return this.session.record.verified !== undefined;
  }

  get unread(): number {
    return this.session.record.unread;
  }

  get timer(): TimerValue {
    return timerFromWire(this.session.record.timer);
  }

  accept(): Promise<void> {
    return this.#host.accept(this);
  }

  reject(): Promise<void> {
    requireState(this.state, 'requested');
    return this.#host.forget(this, 'rejected');
  }

  block(): Promise<void> {
    return this.#host.block(this);
  }

  cancel(): Promise<void> {
    requireState(this.state, 'waiting');
    return this.#host.forget(this, 'cancelled');
  }

  async sendText(text: string, { replyTo }: { readonly replyTo?: number } = {}): Promise<Message> {
    const fitting = said(text);
    const message = await this.#writing.add((change) => writeText(change, fitting, replyTo));
    this.#delivery.said();
    return message;
  }

  sendFile(source: FileSource, options: SendFileOptions): Promise<Message> {
    return this.#files.send(source, options);
  }

  sendPhoto(source: FileSource, options: SendPhotoOptions = {}): Promise<SentPhoto> {
    return this.#files.sendPhoto(source, options);
  }

  cancelFile(n: number): Promise<void> {
    return this.#files.cancel(n);
  }

  pauseFile(n: number): Promise<void> {
    return this.#files.pause(n);
  }

  resumeFile(n: number): Promise<void> {
    return this.#files.resume(n);
  }

  fetchFile(n: number, options?: FetchFileOptions): Promise<void> {
    return this.#files.fetch(n, options);
  }

  openFile(n: number): Promise<OpenFile> {
    return this.#files.open(n);
  }

  messages(query: HistoryQuery = {}): Promise<Message[]> {
    return shownPage(this.session, query);
  }

  message(n: number): Promise<Message | undefined> {
    return shownEntry(this.session, n);
  }

  /** What was written with its request, if anything was. */
  request(): Promise<Message | undefined> {
    return shownRequest(this.session);
  }

  async markRead(numbers: number | readonly number[]): Promise<void> {
    const list = typeof numbers === 'number' ? [numbers] : numbers;
    const told = await this.session.change(async (change) => {
      let count = 0;
      for (const n of list) {
        count += (await readTheirs(change, n)) ? 1 : 0;
      }
      return count;
    });
    if (told > 0) {
      this.#delivery.owesReceipts();
    }
  }

  async view(n: number): Promise<Message> {
    await this.session.change((change) => viewEntry(change, n));
    this.#delivery.owesReceipts();
    const message = await this.message(n);
    if (message === undefined) {
      throw new ClientError('NOT_FOUND', 'the time of this message is over');
    }
    return message;
  }

  async closeView(n: number): Promise<void> {
    await this.session.change((change) => closeEntry(change, n));
  }

  async setTimer(timer: TimerValue): Promise<void> {
    await this.session.change((change) => {
      requireState(change.record.state, 'open', 'waiting');
      changeTimer(change, timer);
    });
    this.#delivery.kick();
  }

  async deleteMessages(numbers: number | readonly number[]): Promise<void> {
    const list = typeof numbers === 'number' ? [numbers] : numbers;
    await this.session.change((change) => {
      requireState(change.record.state, 'open', 'waiting', 'stale');
      return deleteEntries(change, list);
    });
    this.#delivery.kick();
  }

  async clear(): Promise<void> {
    await this.session.change((change) => {
      requireState(change.record.state, 'open', 'waiting', 'stale');
      clearHistory(change);
    });
    await this.finishClearing();
  }

  /** Before anything is shown: destroys what ran out, or was being destroyed, when the program ended. */
  async restore(): Promise<void> {
    await this.session.context.deadlines.restore(this.session);
    await finishClearing(this.session);
  }

  /** Destroys what was cleared; then what waits may go out. */
  finishClearing(): Promise<void> {
    return this.#delivery.finishClearing();
  }

  async noticeScreenshot(n?: number): Promise<Message> {
    const message = await this.session.change((change) => {
      requireState(change.record.state, 'open');
      return screenshotNoticed(change, n);
    });
    this.#delivery.kick();
    return message;
  }

  typing(): void {
    this.#delivery.typing();
  }

  fingerprint(): Fingerprint {
    return fingerprintOf(this.session);
  }

  async markVerified(verified = true): Promise<void> {
    await this.session.change((change) => setVerified(change, verified));
  }

  /** Clears a mark that does not hold any more, and says so. */
  checkVerified(): Promise<void> {
    return checkVerified(this.session);
  }

  async rename(name: string): Promise<void> {
    const given = localName(name);
    await this.session.change((change) => setLocalName(change, given));
  }

  async end(): Promise<void> {
    if (this.state === 'stale') {
      // A stale chat sends nothing: it can only be forgotten here.
      await this.#host.forget(this, 'ended');
      return;
    }
    await this.session.change(async (change) => {
      requireState(change.record.state, 'open');
      endChat(change);
    });
    await this.finishClearing();
  }

  /** What is left of an ended chat goes when its time is over. */
  get endIsOver(): boolean {
    const { endedAtMs } = this.session.record;
    return endedAtMs !== undefined && this.session.context.effects.clock.wallMs() - endedAtMs > END_RECORD_MS;
  }

  /** The mailbox that is put to is not there. */
  #gone(): void {
    const { state } = this.session.record;
    if (state === 'ended') {
      this.#host.forget(this, undefined).catch(() => {});
    } else if (state === 'waiting') {
      this.#host.inviteMayBeOver(this);
    }
  }

  /** Nothing is under way: an ended chat that both know of is forgotten. */
  #quiet(): void {
    const { state, endSeq, covered, endedByThem, got, told } = this.session.record;
    const acknowledged = got === told;
    if (state === 'ended' && acknowledged && (endedByThem === true || (endSeq !== undefined && covered >= endSeq))) {
      this.#host.forget(this, undefined).catch(() => {});
    }
  }
}
