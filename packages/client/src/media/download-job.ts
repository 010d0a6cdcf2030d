/**
 * A download with its record: what is written of it, and what the sender is told.
 *
 * Spec: docs/protocol/content.md §3.2, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { MAX_RANGES, type Range } from '@secret-chat/crypto';
import type { ChatSession } from '../chat/chat-session.ts';
import { MESSAGE } from '../chat/message-record.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import { changeTransfer, putTransfer } from './change-transfer.ts';
import { Download } from './download.ts';
import type { DownloadParts } from './download-parts.ts';
import type { FileState } from './file.ts';
import { TRANSFER, type TransferRecord } from './transfer-record.ts';
import { type JobHost, keyOf } from './upload-job.ts';

/** How often the sender is asked for missing pieces, unless the user wants it again. */
const MAX_ASKS = 3;

export class DownloadJob {
  readonly download: Download;
  readonly #host: JobHost;
  readonly #session: ChatSession;
  readonly #n: number;
  /** Files that are open and read from it, and calls that ask for all of it. */
  users = 0;
  /** The user asked for it, so the sender may be asked once more. */
  #isAsked = false;

  constructor(host: JobHost, session: ChatSession, n: number, parts: DownloadParts) {
    this.#host = host;
    this.#session = session;
    this.#n = n;
    const key = keyOf(session, n);
    this.download = new Download(host.media, parts, {
      save: () => this.#write((state) => state),
      complete: () => this.#complete(),
      missing: (indexes) => this.#missing(indexes),
      found: () => this.#write(() => (this.download.isWhole ? 'fetching' : 'remote'), 0),
      damaged: async () => {
        await this.#write(() => 'damaged');
        host.watchers.gone(key, new ClientError('FILE_DAMAGED', 'the file does not authenticate'));
      },
      failed: async (error) => {
        await this.#write((state) => (state === 'fetching' ? 'paused' : state));
        host.watchers.gone(key, error);
        host.report(session, error, 'a file could not be fetched');
      },
      progress: (progress) => {
        host.watchers.progress(key, progress);
        host.media.tell({ type: 'progress', chat: session.n, n, ...progress });
      },
    });
  }

  /** It is not over, and somebody waits for some of it or all. */
  get isNeeded(): boolean {
    return !this.download.isComplete && (this.users > 0 || this.download.isWhole);
  }

  /** The user wants all of it. */
  async fetchAll(): Promise<void> {
    this.#isAsked = true;
    await this.#write((state) => (this.download.isComplete ? state : 'fetching'));
    this.download.fetchAll();
  }

  stop(reason: ClientError): Promise<void> {
    return this.download.stop(reason);
  }

  /** Its record is gone. */
  drop(reason: ClientError): Promise<void> {
    return this.download.stop(reason, true);
  }

  async #complete(): Promise<void> {
    const { done } = this.download;
    const isStored = await this.#changeAndSay({ type: 'fetched' }, (record) => ({
      ...record,
      state: 'fetched',
      done,
      asked: 0,
    }));
    if (isStored) {
      this.#host.watchers.done(keyOf(this.#session, this.#n));
    }
    this.#host.ended(this.#session, this.#n);
  }

  async #missing(indexes: readonly number[]): Promise<void> {
    const { done } = this.download;
    const ranges = rangesOf(indexes).slice(0, MAX_RANGES);
    await this.#guarded(async () => {
      const { vault } = this.#host.media;
      const asked = (await vault.get(TRANSFER, this.#session.scope, this.#n))?.asked ?? 0;
      const isToAsk = this.#isAsked || asked < MAX_ASKS;
      this.#isAsked = false;
      await this.#changeAndSay(isToAsk ? { type: 'needPieces', ranges } : undefined, (record) => ({
        ...record,
        state: 'missing',
        done,
        asked: record.asked + (isToAsk ? 1 : 0),
      }));
    });
    this.#host.watchers.gone(
      keyOf(this.#session, this.#n),
      new ClientError('FILE_MISSING', 'the relay does not have all of this file (any more)'),
    );
  }

  /** Changes the record, and tells the sender of it with the same commit. False if there is none any more. */
  async #changeAndSay(
    content:
      | { readonly type: 'fetched' }
      | { readonly type: 'needPieces'; readonly ranges: readonly Range[] }
      | undefined,
    work: (record: TransferRecord) => TransferRecord,
  ): Promise<boolean> {
    if (this.#session.forgotten) {
      return false;
    }
    const isStored = await this.#session.change(async (change) => {
      const stored = await change.records.get(MESSAGE, this.#n);
      if (stored === undefined || (await putTransfer(change, this.#n, work)) === undefined) {
        return false;
      }
      if (content !== undefined && change.record.state === 'open') {
        enqueueContent(change, { ...content, seq: stored.seq });
      }
      return true;
    });
    this.#host.media.kick(this.#session.n);
    return isStored;
  }

  #write(next: (state: FileState) => FileState, asked?: number): Promise<void> {
    return this.#guarded(async () => {
      await changeTransfer(this.#session, this.#n, (record) => ({
        ...record,
        state: next(record.state),
        done: this.download.done,
        asked: asked ?? record.asked,
      }));
    });
  }

  /** What could not be written is written with the next piece, or found out again at the next start. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#host.report(this.#session, error, 'how far a file is could not be stored');
    }
  }
}

function rangesOf(indexes: readonly number[]): Range[] {
  const out: { from: number; to: number }[] = [];
  for (const index of indexes) {
    const last = out.at(-1);
    if (last !== undefined && last.to === index - 1) {
      last.to = index;
    } else {
      out.push({ from: index, to: index });
    }
  }
  return out;
}
