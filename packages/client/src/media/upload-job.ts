/**
 * An upload with its record: what is written of it, and what is announced when it is complete.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import type { ChatSession } from '../chat/chat-session.ts';
import { receiptGivenUp } from '../life/awaited.ts';
import { Retry, STORE_RETRY_MS } from '../retry.ts';
import { announceFile } from './announce.ts';
import { changeTransfer, putTransfer } from './change-transfer.ts';
import type { MediaContext } from './media-context.ts';
import type { TransferRecord } from './transfer-record.ts';
import { Upload, type UploadParts } from './upload.ts';
import type { Watchers } from './watchers.ts';

/** Whom a job tells. */
export interface JobHost {
  readonly media: MediaContext;
  readonly watchers: Watchers;
  /** There is nothing more to do. */
  ended(session: ChatSession, n: number): void;
  /** Tells an error that no call can report. */
  report(session: ChatSession, error: unknown, message: string): void;
}

export class UploadJob {
  readonly upload: Upload;
  readonly #host: JobHost;
  readonly #session: ChatSession;
  /** The message, once there is one. */
  #n: number | undefined;
  readonly #watch: ((progress: Parameters<Watchers['progress']>[1]) => void) | undefined;
  readonly #retry: Retry;
  #completing = false;

  /** @param watch is told how far it is before there is a message */
  constructor(
    host: JobHost,
    session: ChatSession,
    parts: UploadParts,
    n?: number,
    watch?: (progress: Parameters<Watchers['progress']>[1]) => void,
  ) {
    this.#host = host;
    this.#session = session;
    this.#n = n;
    this.#watch = watch;
    this.#retry = new Retry(host.media.effects.clock, STORE_RETRY_MS, () => this.#complete());
    this.upload = new Upload(host.media, parts, {
      save: () => this.#save(),
      complete: () => this.#complete(),
      complain: (error) => host.report(session, error, 'a file cannot be sent at present; trying again'),
      progress: (progress) => {
        if (this.#n === undefined) {
          this.#watch?.(progress);
          return;
        }
        host.watchers.progress(keyOf(session, this.#n), progress);
        host.media.tell({ type: 'progress', chat: session.n, n: this.#n, ...progress });
      },
    });
  }

  /** It is the file of the message `n` from now on. */
  attach(n: number): void {
    this.#n = n;
    if (this.upload.isComplete) {
      this.#complete();
    }
  }

  async stop(): Promise<void> {
    this.#retry.stop();
    await this.upload.stop();
  }

  /** Its record is gone. */
  async drop(): Promise<void> {
    this.#retry.stop();
    await this.upload.abandon();
  }

  /** What is true of the upload now. */
  get state(): Pick<TransferRecord, 'done' | 'expiresAt'> {
    return { done: this.upload.done, expiresAt: this.upload.expiresAt };
  }

  async #save(): Promise<void> {
    if (this.#n !== undefined) {
      await changeTransfer(this.#session, this.#n, (record) => ({ ...record, ...this.state })).catch(() => {
        // Written with the next pieces; a process that ends before that puts these again.
      });
    }
  }

  #complete(): void {
    if (this.#n === undefined || this.#completing) {
      return;
    }
    this.#completing = true;
    this.#announce(this.#n)
      .catch((error: unknown) => {
        this.#host.report(this.#session, error, 'a file that is on the relay could not be announced; trying again');
        this.#retry.schedule();
      })
      .finally(() => {
        this.#completing = false;
      });
  }

  async #announce(n: number): Promise<void> {
    const session = this.#session;
    if (session.forgotten) {
      return;
    }
    const isUp = await session.change(async (change) => {
      const { state } = change.record;
      const before = await putTransfer(change, n, (record) => record);
      if (state !== 'open' && state !== 'waiting') {
        // A chat that is over, or of an old copy, says nothing more.
        if (before?.isAnnounced === false) {
          await receiptGivenUp(change, n);
        }
        return false;
      }
      let isSaid = true;
      if (before !== undefined && !before.isAnnounced) {
        isSaid = await announceFile(change, n, this.upload.expiresAt);
      }
      if (before === undefined || !isSaid) {
        return false;
      }
      await putTransfer(change, n, (record) => ({ ...record, ...this.state, state: 'up', isAnnounced: true }));
      return true;
    });
    if (isUp) {
      this.#host.media.kick(session.n);
      this.#host.watchers.done(keyOf(session, n));
    }
    this.#host.ended(session, n);
  }
}

export function keyOf(session: { readonly n: number }, n: number): string {
  return `${session.n}:${n}`;
}
