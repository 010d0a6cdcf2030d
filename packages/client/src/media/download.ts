/**
 * A file on its way down: pieces go from the relay to the blob, those first that somebody reads.
 *
 * Spec: docs/protocol/files.md §5 and §7, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { PiecePlan, Secret } from '@secret-chat/crypto';
import { ClientError, isClientError } from '../errors.ts';
import type { StoredBlob } from './blob-store.ts';
import type { DownloadHooks, DownloadParts } from './download-parts.ts';
import { FetchedPieces } from './fetched-pieces.ts';
import type { MediaContext } from './media-context.ts';
import { MissingPieces } from './missing-pieces.ts';
import { PieceBuffers } from './piece-buffers.ts';
import type { PieceWork } from './piece-lanes.ts';
import { PieceQueue } from './piece-queue.ts';
import { PieceWaiters } from './piece-waiters.ts';
import { ProgressMeter } from './progress-meter.ts';
import { RelayFaults } from './relay-faults.ts';
import { TransferSaver } from './transfer-saver.ts';

export class Download implements PieceWork {
  readonly relay: string;
  readonly plan: PiecePlan;
  readonly #media: MediaContext;
  readonly #isChosen: boolean;
  readonly #blob: StoredBlob;
  readonly #hooks: DownloadHooks;
  readonly #queue: PieceQueue;
  readonly #buffers = new PieceBuffers();
  readonly #pieces: FetchedPieces;
  readonly #missing: MissingPieces;
  readonly #faults = new RelayFaults();
  /** Pieces that are being moved. */
  readonly #moving = new Map<number, Promise<void>>();
  readonly #waiters = new PieceWaiters();
  readonly #saver: TransferSaver;
  readonly #meter: ProgressMeter;
  readonly #stopping = new AbortController();
  #isWhole: boolean;
  #isComplete = false;
  /** It failed, and waits to be asked for again. */
  #isBroken = false;
  /** How often. */
  #failures = 0;
  #finishing: Promise<void> | undefined;

  constructor(media: MediaContext, parts: DownloadParts, hooks: DownloadHooks) {
    this.#media = media;
    this.relay = parts.file.relay;
    this.#isChosen = parts.isChosen;
    this.#blob = parts.blob;
    this.#hooks = hooks;
    this.#isWhole = parts.isWhole;
    this.#queue = new PieceQueue(media.effects.random);
    this.#missing = new MissingPieces(media.effects.clock);
    const fileKey = new Secret<'file-key'>(new Uint8Array(parts.file.key));
    this.plan = new PiecePlan(fileKey, parts.file.size);
    fileKey.wipe();
    const { file, blob } = parts;
    const of = { file, plan: this.plan, blob, aes: media.aes, signal: this.#stopping.signal };
    this.#pieces = new FetchedPieces(of, parts.done);
    this.#saver = new TransferSaver(media.effects.clock, () => hooks.save());
    this.#meter = new ProgressMeter(media.effects.clock, 'down', parts.file.size, (now) => hooks.progress(now));
  }

  get done(): Uint8Array {
    return this.#pieces.toBytes();
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
    this.#pieces.forgive();
    this.#missing.clear();
    for (const index of this.#pieces.missing()) {
      if (!this.#moving.has(index)) {
        this.#queue.push(index);
      }
    }
    this.#media.lanes.kick();
    this.#pieces.goOn();
    this.#settle();
  }

  /** Resolves once these bytes of the ciphertext are in the blob. @throws `ClientError` `FILE_MISSING`, `ABORTED` … */
  async need(offset: number, length: number): Promise<void> {
    if (this.#isComplete) {
      return;
    }
    // It knows of no pieces any more.
    this.#stopping.signal.throwIfAborted();
    const wanted = this.plan.covering(offset, length).filter(({ index }) => !this.#pieces.has(index));
    await Promise.all(wanted.map(({ index }) => this.#await(index)));
  }

  /** What these bytes lie in is fetched again: they do not authenticate. */
  distrust(offset: number, length: number): void {
    if (this.#stopping.signal.aborted || this.#isComplete) {
      return;
    }
    const doubted = this.plan.covering(offset, length).map(({ index }) => index);
    if (this.#isWhole && !this.#isBroken) {
      // Whoever doubts them may not ask for them any more.
      this.#fetchAgain(doubted);
    } else {
      for (const index of doubted) {
        this.#pieces.delete(index);
      }
    }
  }

  take(): number | undefined {
    return this.#stopping.signal.aborted ? undefined : this.#queue.take();
  }

  async move(index: number): Promise<void> {
    const failures = this.#failures;
    const moving = this.#get(index);
    this.#moving.set(index, moving);
    try {
      await moving;
      this.#faults.forgive();
      this.#arrived(index);
    } catch (error) {
      this.#refused(index, error, this.#failures > failures);
    } finally {
      this.#moving.delete(index);
      this.#settle();
    }
  }

  /** Nothing more is fetched; what is here is written down, unless there is no record any more. */
  async stop(reason: ClientError, isForgotten = false): Promise<void> {
    this.#stopping.abort(reason);
    this.#media.lanes.remove(this);
    this.#missing.stop();
    this.#waiters.allFailed(reason);
    await Promise.allSettled(this.#moving.values());
    await this.#finishing;
    await this.#pieces.stop();
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
    if (!this.#moving.has(index)) {
      this.#queue.want(index);
      this.#media.lanes.kick();
    }
    return arrival;
  }

  async #get(index: number): Promise<void> {
    const { offset, length, id } = this.plan.piece(index);
    const request = { relay: this.relay, id, isChosen: this.#isChosen, signal: this.#stopping.signal };
    const buffer = this.#buffers.take();
    const bytes = await this.#media.transport.get(request, length, buffer);
    if (bytes.length !== length) {
      throw new ClientError('RELAY_MISBEHAVED', 'a piece has another size than it should');
    }
    await this.#blob.write(offset, bytes);
    this.#buffers.give(buffer);
  }

  #arrived(index: number): void {
    this.#pieces.add(index);
    if (this.#isWhole) {
      // While others are on their way. Who only reads authenticates what is read.
      this.#pieces.goOn();
    }
    this.#waiters.arrived(index);
    if (this.#missing.found()) {
      void this.#hooks.found();
    }
    // All of it is told when it is verified.
    if (!this.#pieces.isFull) {
      this.#meter.update(this.#pieces.share);
    }
    this.#saver.mark();
  }

  /** Rethrows what concerns the relay rather than the piece. @param isLate it was begun before the last failure */
  #refused(index: number, error: unknown, isLate: boolean): void {
    if (this.#stopping.signal.aborted) {
      return;
    }
    if (isLate) {
      // Who has asked again meanwhile is not told of the failure before.
      if (!this.#isBroken) {
        this.#queue.push(index);
      }
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
    if (this.#faults.isHopeless(error)) {
      this.#fail(error);
      return;
    }
    throw error;
  }

  #fail(error: unknown): void {
    this.#queue.clear();
    this.#isWhole = false;
    this.#isBroken = true;
    this.#failures += 1;
    this.#faults.forgive();
    this.#waiters.allFailed(error);
    void this.#hooks.failed(error);
  }

  /** Looks whether it is over: everything here, or everything that the relay has. */
  #settle(): void {
    const isOver = this.#stopping.signal.aborted || this.#isComplete || this.#isBroken;
    if (isOver || this.#moving.size > 0 || this.#finishing !== undefined) {
      return;
    }
    if (this.#pieces.isFull) {
      this.#finishing = this.#finish()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#finishing = undefined;
          this.#settle();
        });
    } else if (this.#queue.size === 0 && this.#missing.size > 0 && !this.#missing.isWaiting) {
      void this.#hooks.missing(this.#missing.tell((indexes) => this.#fetchAgain(indexes)));
    }
  }

  #fetchAgain(indexes: Iterable<number>): void {
    for (const index of indexes) {
      this.#pieces.delete(index);
      // A second answer could be written over what the first one brought, when that is authenticated.
      if (!this.#moving.has(index)) {
        this.#queue.push(index);
      }
    }
    this.#media.lanes.kick();
  }

  async #finish(): Promise<void> {
    // Everything is written: the disk works while the rest is authenticated.
    const syncing = this.#blob.sync();
    syncing.catch(() => {});
    try {
      const wrong = await this.#pieces.verify();
      if (wrong === 'damaged') {
        this.#waiters.allFailed(new ClientError('FILE_DAMAGED', 'the file does not authenticate'));
        this.#isBroken = true;
        this.#pieces.startOver();
        await this.#hooks.damaged();
        return;
      }
      if (wrong.size > 0) {
        this.#fetchAgain(wrong);
        return;
      }
      await syncing;
      if (!this.#pieces.isWhole) {
        // A reader has doubted something meanwhile.
        return;
      }
      this.#isComplete = true;
      this.#meter.update(1);
      await this.#hooks.complete();
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        this.#isComplete = false;
        throw error;
      }
    } finally {
      // The blob may be closed after this.
      await syncing.catch(() => {});
    }
  }
}
