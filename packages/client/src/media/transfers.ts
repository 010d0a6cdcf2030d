/**
 * The transfers of a device: each file that is on its way, up or down, in every chat.
 *
 * What is stored of a transfer says what is to be done; this is who does it.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { type FileDescriptor, paddedCiphertextSize, Secret } from '@secret-chat/crypto';
import type { ChatSession } from '../chat/chat-session.ts';
import { CONTENT } from '../chat/message-record.ts';
import { ClientError, isClientError } from '../errors.ts';
import { failure } from '../failure.ts';
import { receiptGivenUp } from '../life/awaited.ts';
import { Mutex } from '../mutex.ts';
import { blobNameText, newBlobName } from './blob-name.ts';
import type { StoredBlob } from './blob-store.ts';
import { changeTransfer, putTransfer, readFileContent } from './change-transfer.ts';
import { DownloadJob } from './download-job.ts';
import { isOfChat, type MediaContext } from './media-context.ts';
import { TRANSFER, type TransferRecord } from './transfer-record.ts';
import { type JobHost, keyOf, UploadJob } from './upload-job.ts';
import { Watchers } from './watchers.ts';

/** What is stored of a file, and what is said about it. */
export interface StoredFile {
  readonly record: TransferRecord;
  readonly file: FileDescriptor;
}

export class Transfers implements JobHost {
  readonly media: MediaContext;
  readonly watchers: Watchers = new Watchers();
  readonly #jobs = new Map<string, UploadJob | DownloadJob>();
  /** Jobs begin and end one after another, so that no file has two. */
  readonly #door = new Mutex();
  readonly #closed = new AbortController();
  readonly #ending = new AbortController();
  /** Files that are being spooled. */
  readonly #sendings = new Set<Promise<unknown>>();

  constructor(media: Omit<MediaContext, 'closed'>) {
    this.media = { ...media, closed: this.#closed.signal };
  }

  /** Goes on with what was under way, and removes blobs that belong to nothing. */
  async start(sessions: readonly ChatSession[]): Promise<void> {
    const used = new Set<string>();
    const active: [ChatSession, number][] = [];
    for (const session of sessions) {
      for (const { position, value } of await this.media.vault.page(TRANSFER, session.scope)) {
        if (value.blob !== undefined) {
          used.add(blobNameText(value.blob));
        }
        if (value.state === 'uploading' || value.state === 'fetching' || value.state === 'missing') {
          active.push([session, position]);
        }
      }
    }
    for (const name of await this.media.blobs.list()) {
      if (!used.has(name)) {
        await this.media.blobs.remove(name);
      }
    }
    this.media.errands.run();
    for (const [session, n] of active) {
      this.wake(session, n);
    }
  }

  async stop(): Promise<void> {
    const reason = new ClientError('CLOSED', 'the device was closed');
    // First: a relay may still store what is cut off now, and a deletion that comes at once would not find it.
    const errands = this.media.errands.stop();
    this.#ending.abort(reason);
    this.#closed.abort(reason);
    await Promise.allSettled(this.#sendings);
    await this.#endAll(reason, (job) => job.stop(reason));
    await errands;
    this.media.transport.close();
  }

  /**
   * The account is deleted: nothing more goes up or down. Resolves once nothing is under way; pieces that a relay is reading are
   * not cut off, as only what it has stored can be deleted.
   */
  async abandon(): Promise<void> {
    const reason = new ClientError('WRONG_STATE', 'the account is being deleted');
    this.#ending.abort(reason);
    await Promise.allSettled([...this.#sendings, this.#endAll(reason, (job) => job.drop(reason))]);
  }

  /** Aborts when a caller's does, and when nothing more may begin; the reason is a `ClientError` then. */
  wanted(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any(signal === undefined ? [this.#ending.signal] : [this.#ending.signal, signal]);
  }

  /** Relays that failed are tried at once. */
  retryNow(): void {
    this.media.lanes.retryNow();
    this.media.errands.run();
  }

  /** Runs `send`, and waits for it before it stops. @throws `ClientError` `CLOSED`, `WRONG_STATE` when nothing more may begin */
  async sending<T>(send: () => Promise<T>): Promise<T> {
    this.#ending.signal.throwIfAborted();
    const sending = send();
    this.#sendings.add(sending);
    try {
      return await sending;
    } finally {
      this.#sendings.delete(sending);
    }
  }

  get #isStopped(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Does what the record of a file says. */
  wake(session: ChatSession, n: number): void {
    this.#door
      .run(() => this.#begin(session, n))
      .catch((error: unknown) => this.report(session, error, 'a transfer of a file could not begin'));
  }

  /** A spooled file has got its message: the job goes on as that message's. */
  adopt(session: ChatSession, n: number, job: UploadJob): void {
    this.#jobs.set(keyOf(session, n), job);
    job.attach(n);
  }

  /** The download of a file that is not all here; it fetches what it is asked for, until {@link Transfers.left}. */
  download(session: ChatSession, n: number): Promise<DownloadJob> {
    return this.#door.run(async () => {
      const job = this.#jobs.get(keyOf(session, n));
      const download = job instanceof DownloadJob ? job : await this.#newDownload(session, n);
      download.users += 1;
      return download;
    });
  }

  /** One of those who asked for a download needs it no longer. */
  left(session: ChatSession, n: number, job: DownloadJob): void {
    job.users -= 1;
    if (!job.isNeeded) {
      this.ended(session, n);
    }
  }

  /** Ends what is under way; `reason` is told to those who wait. */
  halt(session: ChatSession, n: number, reason: ClientError): Promise<void> {
    const key = keyOf(session, n);
    return this.#door.run(async () => {
      const job = this.#jobs.get(key);
      this.#jobs.delete(key);
      await job?.stop(reason);
      this.watchers.gone(key, reason);
    });
  }

  /** After its record was removed, or says that nothing is here: ends what is under way, and removes the blob. */
  drop(chat: number, n: number, blob: Uint8Array | undefined): Promise<void> {
    const key = keyOf({ n: chat }, n);
    const reason = new ClientError('NOT_FOUND', 'the file is gone');
    return this.#door.run(async () => {
      const job = this.#jobs.get(key);
      this.#jobs.delete(key);
      await job?.drop(reason);
      this.watchers.gone(key, reason);
      if (blob !== undefined) {
        await this.media.blobs.remove(blobNameText(blob));
      }
    });
  }

  async read(session: ChatSession, n: number): Promise<StoredFile | undefined> {
    const { vault } = this.media;
    const record = await vault.get(TRANSFER, session.scope, n);
    const content = record && readFileContent(await vault.getItem(CONTENT, session.scope, n));
    return record === undefined || content === undefined ? undefined : { record, file: content.file };
  }

  ended(session: ChatSession, n: number): void {
    const key = keyOf(session, n);
    const job = this.#jobs.get(key);
    void this.#door
      .run(async () => {
        // Somebody may have asked for it meanwhile.
        const isOver = !(job instanceof DownloadJob && job.isNeeded);
        if (job !== undefined && isOver && this.#jobs.get(key) === job) {
          this.#jobs.delete(key);
          await job.stop(new ClientError('CLOSED', 'the transfer has ended'));
        }
      })
      .catch(() => {});
  }

  report(session: ChatSession, error: unknown, message: string): void {
    if (this.#isStopped || session.forgotten || isClientError(error, 'CLOSED', 'WRONG_STATE', 'ABORTED')) {
      return;
    }
    this.media.tell(failure(error, message, session.n));
  }

  async #endAll(reason: ClientError, end: (job: UploadJob | DownloadJob) => Promise<void>): Promise<void> {
    const lanes = this.media.lanes.stop();
    for (const key of this.#jobs.keys()) {
      this.watchers.gone(key, reason);
    }
    await this.#door.run(async () => {
      await Promise.allSettled([...this.#jobs.values()].map(end));
      this.#jobs.clear();
    });
    await lanes;
  }

  async #begin(session: ChatSession, n: number): Promise<void> {
    const key = keyOf(session, n);
    const stored = await this.read(session, n);
    if (this.#isStopped || session.forgotten || stored === undefined) {
      return;
    }
    const { direction, state } = stored.record;
    const job = this.#jobs.get(key);
    if (job !== undefined) {
      // It failed before, or fetches what is read.
      if (job instanceof DownloadJob && state === 'fetching') {
        job.download.fetchAll();
      }
    } else if (direction === 'up' && state === 'uploading') {
      await this.#beginUpload(session, n, stored);
    } else if (direction === 'down' && (state === 'fetching' || state === 'missing')) {
      await this.#beginDownload(session, n, stored, true);
    }
  }

  async #beginUpload(session: ChatSession, n: number, { record, file }: StoredFile): Promise<void> {
    const blob = record.blob && (await this.media.blobs.open(blobNameText(record.blob)));
    if (blob === undefined) {
      // The spool was not kept: pieces that are not up cannot be made again, and must not be (files §6.1).
      await session.change(async (change) => {
        await putTransfer(change, n, ({ blob: _lost, ...rest }) => ({ ...rest, state: 'missing' }));
        if (!record.isAnnounced) {
          await receiptGivenUp(change, n);
        }
      });
      return;
    }
    const { relay, size, key } = file;
    const { done, expiresAt } = record;
    const fileKey = new Secret<'file-key'>(new Uint8Array(key));
    const job = new UploadJob(this, session, { relay, size, fileKey, blob, done, expiresAt }, n);
    fileKey.wipe();
    this.#jobs.set(keyOf(session, n), job);
    job.upload.start();
    job.upload.ready(0, job.upload.plan.count);
  }

  async #newDownload(session: ChatSession, n: number): Promise<DownloadJob> {
    const stored = await this.read(session, n);
    if (this.#isStopped || stored?.record.direction !== 'down') {
      throw new ClientError('NOT_FOUND', 'there is no such file');
    }
    return this.#beginDownload(session, n, stored, false);
  }

  async #beginDownload(
    session: ChatSession,
    n: number,
    { record, file }: StoredFile,
    isWhole: boolean,
  ): Promise<DownloadJob> {
    const opened = record.blob && (await this.media.blobs.open(blobNameText(record.blob)));
    const blob = opened ?? (await this.#createBlob(session, n, file));
    const isChosen = isOfChat(this.media, session.record, file.relay);
    const done = opened === undefined ? new Uint8Array(0) : record.done;
    const job = new DownloadJob(this, session, n, { file, isChosen, blob, done, isWhole });
    this.#jobs.set(keyOf(session, n), job);
    job.download.start();
    return job;
  }

  async #createBlob(session: ChatSession, n: number, file: FileDescriptor): Promise<StoredBlob> {
    const name = newBlobName(this.media.effects.random);
    const blob = await this.media.blobs.create(blobNameText(name), paddedCiphertextSize(file.size));
    const isStored = await changeTransfer(session, n, (record) => ({ ...record, blob: name, done: new Uint8Array(0) }));
    if (isStored === undefined) {
      await blob.close();
      await this.media.blobs.remove(blobNameText(name));
      throw new ClientError('NOT_FOUND', 'the file is gone');
    }
    return blob;
  }
}
