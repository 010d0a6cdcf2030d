/**
 * The files of one chat: what a program calls.
 *
 * @module
 */

import type { ChatSession } from '../chat/chat-session.ts';
import { MESSAGE } from '../chat/message-record.ts';
import { ClientError } from '../errors.ts';
import { destroyEntry } from '../life/destroy.ts';
import { requireWanted } from '../link/abortable.ts';
import type { Message } from '../message.ts';
import { blobNameText } from './blob-name.ts';
import type { StoredBlob } from './blob-store.ts';
import { changeTransfer } from './change-transfer.ts';
import type { DownloadJob } from './download-job.ts';
import type { FetchFileOptions, FileSource, OpenFile, SendFileOptions } from './file.ts';
import { openStoredFile } from './opened-file.ts';
import type { SendPhotoOptions, SentPhoto } from './photo.ts';
import { sendFile } from './send-file.ts';
import { sendPhoto } from './send-photo.ts';
import { NOTHING_HERE, TRANSFER, type TransferRecord } from './transfer-record.ts';
import type { StoredFile, Transfers } from './transfers.ts';
import { keyOf } from './upload-job.ts';

export class ChatFiles {
  readonly #session: ChatSession;

  constructor(session: ChatSession) {
    this.#session = session;
  }

  send(source: FileSource, options: SendFileOptions): Promise<Message> {
    return sendFile(this.#transfers, this.#session, source, options);
  }

  sendPhoto(source: FileSource, options: SendPhotoOptions): Promise<SentPhoto> {
    return sendPhoto(this.#transfers, this.#session, source, options);
  }

  async cancel(n: number): Promise<void> {
    const session = this.#session;
    const reason = new ClientError('ABORTED', 'the transfer was cancelled');
    await session.change(async (change) => {
      const record = await change.records.get(TRANSFER, n);
      const isCancelable = record !== undefined && (record.direction === 'down' || !record.isAnnounced);
      if (!isCancelable) {
        throw record === undefined ? noFile(n) : wrongState('is on its way already: delete the message instead');
      }
      if (record.direction === 'down' && record.state === 'fetched') {
        throw wrongState('is here already');
      }
      if (record.direction === 'up') {
        const stored = await change.records.get(MESSAGE, n);
        if (stored !== undefined) {
          await destroyEntry(change, n, stored, 'deleted');
        }
        return;
      }
      change.records.put(TRANSFER, n, NOTHING_HERE);
      change.events.push({ type: 'file', chat: session.n, n, fileState: 'remote' });
      change.afterwards.push(() => {
        this.#transfers.watchers.gone(keyOf(session, n), reason);
        this.#transfers.drop(session.n, n, record.blob).catch(() => {});
      });
    });
  }

  async pause(n: number): Promise<void> {
    const record = await this.#change(n, (now) =>
      now.state === 'uploading' || now.state === 'fetching' || (now.state === 'missing' && now.direction === 'down')
        ? { ...now, state: 'paused' }
        : now,
    );
    if (record.state === 'paused') {
      await this.#transfers.halt(this.#session, n, new ClientError('ABORTED', 'the transfer was paused'));
    }
  }

  async resume(n: number): Promise<void> {
    await this.#change(n, (now) =>
      now.state === 'paused' ? { ...now, state: now.direction === 'up' ? 'uploading' : 'fetching' } : now,
    );
    this.#transfers.wake(this.#session, n);
  }

  async fetch(n: number, { onProgress, signal }: FetchFileOptions = {}): Promise<void> {
    requireWanted(signal);
    const { record } = await this.#read(n);
    if (record.direction === 'up') {
      throw wrongState('is one of this side');
    }
    if (record.state === 'fetched' && (await this.#isHere(record))) {
      return;
    }
    const { watchers } = this.#transfers;
    const { promise, ...watcher } = settling();
    const end = watchers.add(keyOf(this.#session, n), { progress: onProgress, ...watcher });
    const onAbort = () => {
      watcher.failed(new ClientError('ABORTED', 'the call was aborted', { cause: signal?.reason }));
      this.pause(n).catch(() => {});
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    let job: DownloadJob | undefined;
    try {
      job = await this.#transfers.download(this.#session, n);
      // It may have come meanwhile; then nobody tells it any more.
      const now = await this.#read(n);
      if (now.record.state === 'fetched' && (await this.#isHere(now.record))) {
        return;
      }
      await job.fetchAll();
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      end();
      promise.catch(() => {});
      if (job !== undefined) {
        this.#transfers.left(this.#session, n, job);
      }
    }
  }

  async open(n: number): Promise<OpenFile> {
    const { record, file } = await this.#read(n);
    const { blobs, aes } = this.#transfers.media;
    const stored = record.blob && (await blobs.open(blobNameText(record.blob)));
    if (stored !== undefined && (record.direction === 'up' || record.state === 'fetched')) {
      return openOrClose({ file, blob: stored, aes, closed: async () => {} });
    }
    await stored?.close();
    if (record.direction === 'up') {
      throw new ClientError('FILE_MISSING', 'the file is not on this device any more');
    }
    const job = await this.#transfers.download(this.#session, n);
    const closed = async () => this.#transfers.left(this.#session, n, job);
    const blob = await this.#blobOf(n).catch(async (error: unknown) => {
      await closed();
      throw error;
    });
    return openOrClose({ file, blob, aes, download: job.download, closed });
  }

  get #transfers(): Transfers {
    return this.#session.context.transfers;
  }

  async #read(n: number): Promise<StoredFile> {
    const stored = await this.#transfers.read(this.#session, n);
    if (stored === undefined) {
      throw noFile(n);
    }
    return stored;
  }

  async #blobOf(n: number): Promise<StoredBlob> {
    const { blob: name } = (await this.#read(n)).record;
    const blob = name && (await this.#transfers.media.blobs.open(blobNameText(name)));
    if (blob === undefined) {
      throw noFile(n);
    }
    return blob;
  }

  async #isHere({ blob }: TransferRecord): Promise<boolean> {
    const stored = blob && (await this.#transfers.media.blobs.open(blobNameText(blob)));
    await stored?.close();
    return stored !== undefined;
  }

  async #change(n: number, work: (record: TransferRecord) => TransferRecord): Promise<TransferRecord> {
    const record = await changeTransfer(this.#session, n, work);
    if (record === undefined) {
      throw noFile(n);
    }
    return record;
  }
}

async function openOrClose(parts: Parameters<typeof openStoredFile>[0]): Promise<OpenFile> {
  try {
    return await openStoredFile(parts);
  } catch (error) {
    await parts.blob.close();
    await parts.closed();
    throw error;
  }
}

function settling() {
  let done = () => {};
  let failed: (error: unknown) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    done = resolve;
    failed = reject;
  });
  return { promise, done: () => done(), failed: (error: unknown) => failed(error) };
}

function noFile(n: number): ClientError {
  return new ClientError('NOT_FOUND', `message ${n} is no file, or there is none`);
}

function wrongState(why: string): ClientError {
  return new ClientError('WRONG_STATE', `the file ${why}`);
}
