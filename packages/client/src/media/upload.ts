/**
 * A file on its way up: pieces go from the blob to the relay, those first that are spooled first, in random order.
 *
 * Spec: docs/protocol/files.md §5, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { type FileKey, PiecePlan, sha256 } from '@secret-chat/crypto';
import { DEFAULT_TTL_HOURS } from '@secret-chat/wire';
import { isClientError } from '../errors.ts';
import type { StoredBlob } from './blob-store.ts';
import type { FileProgress } from './file.ts';
import type { MediaContext } from './media-context.ts';
import { PieceBuffers } from './piece-buffers.ts';
import type { PieceWork } from './piece-lanes.ts';
import { below, PieceQueue } from './piece-queue.ts';
import { PieceSet } from './piece-set.ts';
import { pieceSize, sizeOf } from './piece-size.ts';
import { ProgressMeter } from './progress-meter.ts';
import { TransferSaver } from './transfer-saver.ts';

/** Pieces of one file do not end together: each is kept up to a day longer. */
const SPREAD_HOURS = 25;
/** What is nearly over is put again before anybody is told of it. */
const MARGIN_S = 3_600;

/** What goes up. */
export interface UploadParts {
  readonly relay: string;
  /** Of the file, in bytes. */
  readonly size: number;
  /** Used only until the upload is made. */
  readonly fileKey: FileKey;
  /** Closed by the upload. */
  readonly blob: StoredBlob;
  /** Of the record, when it goes on. */
  readonly done?: Uint8Array;
  readonly expiresAt?: number;
}

/** What an upload tells whoever keeps its record. */
export interface UploadHooks {
  /** Writes how far it is; never rejects. */
  save(): Promise<void>;
  /** Every piece is on the relay. */
  complete(): void;
  progress(progress: FileProgress): void;
  /** Something that the user should know. */
  complain(error: unknown): void;
}

export class Upload implements PieceWork {
  readonly relay: string;
  readonly plan: PiecePlan;
  readonly #media: MediaContext;
  readonly #blob: StoredBlob;
  readonly #queue: PieceQueue;
  readonly #buffers = new PieceBuffers();
  #done: PieceSet;
  #expiresAt: number;
  readonly #hooks: UploadHooks;
  readonly #saver: TransferSaver;
  readonly #meter: ProgressMeter;
  readonly #moving = new Set<Promise<unknown>>();
  readonly #complained = new Set<string>();
  #doneBytes = 0;
  #isOver = false;

  constructor(media: MediaContext, parts: UploadParts, hooks: UploadHooks) {
    this.#media = media;
    this.relay = parts.relay;
    this.plan = new PiecePlan(parts.fileKey, parts.size);
    this.#blob = parts.blob;
    this.#done = new PieceSet(this.plan.count, parts.done);
    this.#expiresAt = parts.expiresAt ?? 0;
    this.#hooks = hooks;
    this.#queue = new PieceQueue(media.effects.random);
    this.#saver = new TransferSaver(media.effects.clock, () => hooks.save());
    this.#meter = new ProgressMeter(media.effects.clock, 'up', parts.size, (progress) => hooks.progress(progress));
    this.#doneBytes = sizeOf(this.plan.size, this.#done);
  }

  get done(): Uint8Array {
    return this.#done.toBytes();
  }

  /** Unix time in seconds until which every piece that was put is kept; 0 before the first one. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  get isComplete(): boolean {
    return this.#done.isFull;
  }

  /** These are in the blob, and may go. */
  ready(from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      if (!this.#done.has(i)) {
        this.#queue.push(i);
      }
    }
    this.#media.lanes.kick();
  }

  /** Begins, or goes on. */
  start(): void {
    if (this.#expiresAt > 0 && this.#expiresAt - MARGIN_S <= this.#nowS()) {
      // The first ones may be gone before the last one is there.
      this.#done = new PieceSet(this.plan.count);
      this.#doneBytes = 0;
      this.#expiresAt = 0;
    }
    this.#media.lanes.add(this);
    if (this.#done.isFull) {
      this.#hooks.complete();
    }
  }

  take(): number | undefined {
    return this.#isOver ? undefined : this.#queue.take();
  }

  async move(index: number): Promise<void> {
    const moving = this.#put(index);
    this.#moving.add(moving);
    try {
      await moving;
    } catch (error) {
      if (!this.#isOver) {
        this.#queue.push(index);
      }
      this.#complain(error);
      throw error;
    } finally {
      this.#moving.delete(moving);
    }
    this.#done.add(index);
    this.#doneBytes += pieceSize(this.plan.size, index);
    this.#meter.update(this.#doneBytes / this.plan.size);
    if (this.#done.isFull && !this.#isOver) {
      this.#hooks.complete();
    } else {
      this.#saver.mark();
    }
  }

  /** Nothing more goes; what is under way is waited for, and written. */
  async stop(): Promise<void> {
    await this.#end();
    await this.#saver.stop();
    await this.#blob.close();
  }

  /** As {@link Upload.stop}; nothing is written, since there is no record any more. */
  async abandon(): Promise<void> {
    await this.#end();
    await this.#saver.abandon();
    await this.#blob.close();
  }

  /** Not cut off: a piece that the relay has read may be stored after all, and its deletion has to come later. */
  async #end(): Promise<void> {
    this.#isOver = true;
    this.#media.lanes.remove(this);
    await Promise.allSettled(this.#moving);
    this.plan.wipe();
  }

  async #put(index: number): Promise<void> {
    const { effects, transport, token } = this.#media;
    const { offset, length, id, deleteToken } = this.plan.piece(index);
    const buffer = this.#buffers.take();
    const bytes = await this.#blob.read(offset, length, buffer);
    const expiresAt = this.#nowS() + DEFAULT_TTL_HOURS * 3_600;
    this.#expiresAt = this.#expiresAt === 0 ? expiresAt : Math.min(this.#expiresAt, expiresAt);
    const result = await transport.put(
      { relay: this.relay, id, isChosen: true, signal: this.#media.closed },
      {
        bytes,
        deleteHash: sha256(deleteToken),
        ttlHours: DEFAULT_TTL_HOURS + below(effects.random, SPREAD_HOURS),
        token: token?.origin === this.relay ? token.token : undefined,
      },
    );
    if (result === 'stored') {
      // Otherwise the relay may have answered before it was sent, and it still is.
      this.#buffers.give(buffer);
    }
  }

  /** A line that is cut is nothing to speak of; a refusal is, once. */
  #complain(error: unknown): void {
    const isPassing =
      isClientError(error, 'RELAY_UNREACHABLE', 'ABORTED', 'CLOSED') ||
      (isClientError(error) && (error.relayCode === 'RATE_LIMITED' || error.relayCode === 'UNAVAILABLE'));
    const what = isClientError(error) ? `${error.code} ${error.relayCode}` : 'other';
    if (!isPassing && !this.#complained.has(what)) {
      this.#complained.add(what);
      this.#hooks.complain(error);
    }
  }

  #nowS(): number {
    return Math.floor(this.#media.effects.clock.wallMs() / 1000);
  }
}
