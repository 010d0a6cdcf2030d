/**
 * A file on its way down: pieces go from the relay to the blob, those first that somebody reads.
 *
 * Spec: docs/protocol/files.md §5 and §7, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { type FileDescriptor, PiecePlan, Secret } from '@secret-chat/crypto';
import type { Cancel } from '../effects.ts';
import { ClientError, isClientError } from '../errors.ts';
import type { StoredBlob } from './blob-store.ts';
import type { FileProgress } from './file.ts';
import type { MediaContext } from './media-context.ts';
import type { PieceWork } from './piece-lanes.ts';
import { PieceQueue } from './piece-queue.ts';
import { PieceSet } from './piece-set.ts';
import { pieceSize, sizeOf } from './piece-size.ts';
import { PieceWaiters } from './piece-waiters.ts';
import { ProgressMeter } from './progress-meter.ts';
import { TransferSaver } from './transfer-saver.ts';
import { damagedPieces } from './verify.ts';

/** How often pieces that do not authenticate are fetched again. */
const MAX_ROUNDS = 2;
/** Answers in a row that break the protocol, after which a relay is not asked any more. */
const MAX_MISBEHAVED = 3;
/** The sender may be putting again what is missing: when it is looked for, at first and at last. */
const FIRST_LOOK_MS = 10_000;
const LAST_LOOK_MS = 600_000;

/** What comes down. */
export interface DownloadParts {
  readonly file: FileDescriptor;
  /** Of this chat or the user, so that it may be in a private network. */
  readonly isChosen: boolean;
  /** Closed by the download. */
  readonly blob: StoredBlob;
  readonly done: Uint8Array;
  /** All of it, or only what is read. */
  readonly isWhole: boolean;
}

/** What a download tells whoever keeps its record; nothing in it rejects. */
export interface DownloadHooks {
  save(): Promise<void>;
  /** Every piece is here, and the whole authenticated. */
  complete(): Promise<void>;
  /** The relay does not have these pieces. */
  missing(indexes: readonly number[]): Promise<void>;
  /** What was missing comes after all. */
  found(): Promise<void>;
  damaged(): Promise<void>;
  /** It cannot go on, or not now. */
  failed(error: unknown): Promise<void>;
  progress(progress: FileProgress): void;
}

export class Download implements PieceWork {
  readonly relay: string;
  readonly plan: PiecePlan;
  readonly #media: MediaContext;
  readonly #file: FileDescriptor;
  readonly #isChosen: boolean;
  readonly #blob: StoredBlob;
  readonly #hooks: DownloadHooks;
  readonly #queue: PieceQueue;
  readonly #done: PieceSet;
  readonly #missing = new Set<number>();
  readonly #moving = new Set<Promise<unknown>>();
  /** Pieces that are being moved. */
  readonly #underWay = new Set<number>();
  readonly #waiters = new PieceWaiters();
  readonly #saver: TransferSaver;
  readonly #meter: ProgressMeter;
  readonly #stopping = new AbortController();
  #isWhole: boolean;
  #doneBytes: number;
  #rounds = 0;
  #misbehaved = 0;
  #lookMs = FIRST_LOOK_MS;
  #look: Cancel | undefined;
  #wasMissing = false;
  #isComplete = false;
  /** It failed, and waits to be asked for again. */
  #isBroken = false;
  #finishing: Promise<void> | undefined;

  constructor(media: MediaContext, parts: DownloadParts, hooks: DownloadHooks) {
    this.#media = media;
    this.#file = parts.file;
    this.relay = parts.file.relay;
    this.#isChosen = parts.isChosen;
    this.#blob = parts.blob;
    this.#hooks = hooks;
    this.#isWhole = parts.isWhole;
    this.#queue = new PieceQueue(media.effects.random);
    const fileKey = new Secret<'file-key'>(new Uint8Array(parts.file.key));
    this.plan = new PiecePlan(fileKey, parts.file.size);
    fileKey.wipe();
    this.#done = new PieceSet(this.plan.count, parts.done);
    this.#doneBytes = sizeOf(this.plan.size, this.#done);
    this.#saver = new TransferSaver(media.effects.clock, () => hooks.save());
    this.#meter = new ProgressMeter(media.effects.clock, 'down', parts.file.size, (now) => hooks.progress(now));
  }

  get done(): Uint8Array {
    return this.#done.toBytes();
  }

  /** Verified. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Begins, or goes on: with all of it if `isWhole` was given, else with what is asked for. */
  start(): void {
    if (this.#isWhole) {
      this.fetchAll();
    }
    this.#media.lanes.add(this);
    this.#settle();
  }

  /** All that is not here, what was missing too. */
  fetchAll(): void {
    this.#isWhole = true;
    this.#isBroken = false;
    this.#rounds = 0;
    this.#missing.clear();
    this.#look?.();
    this.#look = undefined;
    for (const index of this.#done.missing()) {
      if (!this.#underWay.has(index)) {
        this.#queue.push(index);
      }
    }
    this.#media.lanes.kick();
    this.#settle();
  }

  /** Resolves once these bytes of the ciphertext are in the blob. @throws `ClientError` `FILE_MISSING`, `ABORTED` … */
  async need(offset: number, length: number): Promise<void> {
    const wanted = this.plan.covering(offset, length).filter(({ index }) => !this.#done.has(index));
    await Promise.all(wanted.map(({ index }) => this.#await(index)));
  }

  /** What these bytes lie in is fetched again: they do not authenticate. */
  distrust(offset: number, length: number): void {
    for (const { index } of this.plan.covering(offset, length)) {
      this.#forget(index);
    }
  }

  take(): number | undefined {
    return this.#stopping.signal.aborted ? undefined : this.#queue.take();
  }

  async move(index: number): Promise<void> {
    const moving = this.#get(index);
    this.#moving.add(moving);
    this.#underWay.add(index);
    try {
      await moving;
      this.#misbehaved = 0;
      this.#arrived(index);
    } catch (error) {
      this.#refused(index, error);
    } finally {
      this.#moving.delete(moving);
      this.#underWay.delete(index);
      this.#settle();
    }
  }

  /** Nothing more is fetched; what is here is written down, unless there is no record any more. */
  async stop(reason: ClientError, isForgotten = false): Promise<void> {
    this.#stopping.abort(reason);
    this.#media.lanes.remove(this);
    this.#look?.();
    this.#waiters.allFailed(reason);
    await Promise.allSettled([...this.#moving]);
    await this.#finishing;
    await (isForgotten ? this.#saver.abandon() : this.#saver.stop());
    await this.#blob.close();
    this.plan.wipe();
  }

  #await(index: number): Promise<void> {
    if (this.#stopping.signal.aborted) {
      return Promise.reject(this.#stopping.signal.reason);
    }
    const arrival = this.#waiters.wait(index);
    this.#isBroken = false;
    this.#missing.delete(index);
    if (!this.#underWay.has(index)) {
      this.#queue.want(index);
      this.#media.lanes.kick();
    }
    return arrival;
  }

  async #get(index: number): Promise<void> {
    const { offset, length, id } = this.plan.piece(index);
    const { signal } = this.#stopping;
    const request = { relay: this.relay, id, isChosen: this.#isChosen, signal };
    const bytes = await this.#media.transport.get(request, length);
    if (bytes.length !== length) {
      throw new ClientError('RELAY_MISBEHAVED', 'a piece has another size than it should');
    }
    await this.#blob.write(offset, bytes);
  }

  #arrived(index: number): void {
    this.#done.add(index);
    this.#doneBytes += pieceSize(this.plan.size, index);
    this.#waiters.arrived(index);
    if (this.#wasMissing) {
      this.#wasMissing = false;
      this.#lookMs = FIRST_LOOK_MS;
      void this.#hooks.found();
    }
    // All of it is told when it is verified.
    if (!this.#done.isFull) {
      this.#meter.update(this.#doneBytes / this.plan.size);
    }
    this.#saver.mark();
  }

  /** Rethrows what concerns the relay rather than the piece. */
  #refused(index: number, error: unknown): void {
    if (this.#stopping.signal.aborted) {
      return;
    }
    if (isClientError(error) && error.relayCode === 'GONE') {
      this.#missing.add(index);
      this.#waiters.failed(
        index,
        new ClientError('FILE_MISSING', 'the relay does not have all of this file (any more)'),
      );
      return;
    }
    this.#queue.push(index);
    this.#misbehaved += isClientError(error, 'RELAY_MISBEHAVED') ? 1 : 0;
    const isHopeless =
      isClientError(error, 'RELAY_FORBIDDEN', 'STORE_FAILED') ||
      !isClientError(error) ||
      this.#misbehaved >= MAX_MISBEHAVED ||
      (isClientError(error, 'RELAY_REFUSED') && !isPassing(error));
    if (isHopeless) {
      this.#fail(error);
      return;
    }
    throw error;
  }

  #fail(error: unknown): void {
    this.#queue.clear();
    this.#isWhole = false;
    this.#isBroken = true;
    this.#misbehaved = 0;
    this.#waiters.allFailed(error);
    void this.#hooks.failed(error);
  }

  /** Looks whether it is over: everything here, or everything that the relay has. */
  #settle(): void {
    const isOver = this.#stopping.signal.aborted || this.#isComplete || this.#isBroken;
    if (isOver || this.#moving.size > 0 || this.#finishing !== undefined) {
      return;
    }
    if (this.#done.isFull) {
      this.#finishing = this.#finish()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#finishing = undefined;
          this.#settle();
        });
    } else if (this.#queue.size === 0 && this.#missing.size > 0 && this.#look === undefined) {
      const missing = [...this.#missing].sort((a, b) => a - b);
      this.#wasMissing = true;
      void this.#hooks.missing(missing);
      this.#look = this.#media.effects.clock.after(this.#lookMs, () => this.#lookAgain(missing));
      this.#lookMs = Math.min(LAST_LOOK_MS, 2 * this.#lookMs);
    }
  }

  #lookAgain(indexes: readonly number[]): void {
    this.#look = undefined;
    for (const index of indexes) {
      if (this.#missing.delete(index)) {
        this.#queue.push(index);
      }
    }
    this.#media.lanes.kick();
  }

  async #finish(): Promise<void> {
    const fileKey = new Secret<'file-key'>(new Uint8Array(this.#file.key));
    try {
      const damaged = await damagedPieces({
        fileKey,
        size: this.#file.size,
        plan: this.plan,
        ciphertext: this.#blob,
        aes: this.#media.aes,
        signal: this.#stopping.signal,
      });
      if (damaged === 'padding' || (damaged.size > 0 && this.#rounds >= MAX_ROUNDS)) {
        this.#waiters.allFailed(new ClientError('FILE_DAMAGED', 'the file does not authenticate'));
        this.#rounds = 0;
        this.#isBroken = true;
        for (let i = 0; i < this.plan.count; i += 1) {
          this.#forget(i);
        }
        await this.#hooks.damaged();
        return;
      }
      if (damaged.size > 0) {
        this.#rounds += 1;
        for (const index of damaged) {
          this.#forget(index);
          this.#queue.push(index);
        }
        this.#media.lanes.kick();
        return;
      }
      await this.#blob.sync();
      this.#isComplete = true;
      this.#meter.update(1);
      await this.#hooks.complete();
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        throw error;
      }
    } finally {
      fileKey.wipe();
    }
  }

  #forget(index: number): void {
    if (this.#done.has(index)) {
      this.#done.delete(index);
      this.#doneBytes -= pieceSize(this.plan.size, index);
    }
  }
}

function isPassing({ relayCode }: ClientError): boolean {
  return relayCode === 'RATE_LIMITED' || relayCode === 'UNAVAILABLE';
}
