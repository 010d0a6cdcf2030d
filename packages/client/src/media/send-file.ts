/**
 * Sending a file: it is spooled, and becomes a message; its pieces begin to go up meanwhile.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { type FileKey, type PiecePlan, paddedCiphertextSize, timerFromWire } from '@secret-chat/crypto';
import { DEFAULT_TTL_HOURS } from '@secret-chat/wire';
import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import { addEntry, referenceTo } from '../chat/history.ts';
import { said } from '../chat/said.ts';
import { ClientError } from '../errors.ts';
import { requireWanted } from '../link/abortable.ts';
import type { Message } from '../message.ts';
import { encodeFileContent } from './announce.ts';
import { blobNameText, newBlobName } from './blob-name.ts';
import type { StoredBlob } from './blob-store.ts';
import type { FileContent } from './change-transfer.ts';
import type { FileSource, SendFileOptions, SizedSource } from './file.ts';
import { capabilitiesOf } from './file-effects.ts';
import { sentName } from './file-name.ts';
import { sizedSource } from './file-source.ts';
import { piecesWithin } from './piece-size.ts';
import { spoolFile } from './spool.ts';
import { ERRAND_PIECES, TRANSFER } from './transfer-record.ts';
import type { Transfers } from './transfers.ts';
import { keyOf, UploadJob } from './upload-job.ts';
import { untilAborted } from './watched-source.ts';

const DEFAULT_TYPE = 'application/octet-stream';
/** RFC 6838 §4.2, with parameters; content §3.3 has the size. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}(;[\x20-\x7e]*)?$/i;
const NO_KEY: Uint8Array = new Uint8Array(32);

/** @throws `ClientError` as `Chat.sendFile` says */
export async function sendFile(
  transfers: Transfers,
  session: ChatSession,
  source: FileSource,
  options: SendFileOptions,
): Promise<Message> {
  requireWanted(options.signal);
  const sized = await sizedSource(source, options.size);
  try {
    const content = contentOf(transfers, sized, options);
    // What cannot be said is not spooled first.
    encodeFileContent(content, transfers.media.effects.random);
    requireSending(session.record.state);
    const sending = new Sending(transfers, session, content, options);
    return await transfers.sending(() => sending.run(sized));
  } finally {
    await sized.close?.();
  }
}

class Sending {
  readonly #transfers: Transfers;
  readonly #session: ChatSession;
  readonly #content: FileContent;
  readonly #options: SendFileOptions;
  readonly #signal: AbortSignal;
  readonly #blobName: Uint8Array;
  /** Errands that are carried out if nothing comes of this. */
  readonly #held: number[] = [];
  #job: UploadJob | undefined;
  #blob: StoredBlob | undefined;
  /** Pieces that errands name, and that may go up. */
  #reserved = 0;
  #ready = 0;

  constructor(transfers: Transfers, session: ChatSession, content: FileContent, options: SendFileOptions) {
    this.#transfers = transfers;
    this.#session = session;
    this.#content = content;
    this.#options = options;
    this.#signal = transfers.wanted(options.signal);
    this.#blobName = newBlobName(transfers.media.effects.random);
  }

  async run(source: SizedSource): Promise<Message> {
    const { media } = this.#transfers;
    const signal = this.#signal;
    let fileKey: FileKey | undefined;
    try {
      fileKey = await spoolFile({
        size: source.size,
        open: () => untilAborted(source.stream(), signal),
        aes: media.aes,
        random: media.effects.random,
        signal,
        begin: (key) => this.#begin(key),
        written: (bytes) => this.#written(bytes),
      });
      return await this.#commit(fileKey);
    } catch (error) {
      await this.#discard();
      throw error;
    } finally {
      fileKey?.wipe();
    }
  }

  async #begin(fileKey: FileKey): Promise<StoredBlob> {
    const { media } = this.#transfers;
    const { size, relay } = this.#content.file;
    const blob = await media.blobs.create(blobNameText(this.#blobName), paddedCiphertextSize(size));
    this.#blob = blob;
    this.#job = new UploadJob(
      this.#transfers,
      this.#session,
      { relay, size, fileKey, blob },
      undefined,
      this.#options.onProgress,
    );
    this.#job.upload.start();
    return blob;
  }

  /** What is spooled may go up, once an errand names it. */
  async #written(bytes: number): Promise<void> {
    const { plan } = (this.#job as UploadJob).upload;
    const ready = piecesWithin(plan.size, bytes);
    while (this.#reserved < ready) {
      const to = Math.min(plan.count, this.#reserved + ERRAND_PIECES);
      await this.#hold(plan, this.#reserved, to);
      this.#reserved = to;
    }
    this.#job?.upload.ready(this.#ready, ready);
    this.#ready = ready;
  }

  async #hold(plan: PiecePlan, from: number, to: number): Promise<void> {
    const { media } = this.#transfers;
    const pieces = capabilitiesOf(plan, from, to, media.effects.random);
    this.#held.push(await media.errands.hold({ relay: this.#content.file.relay, pieces }));
  }

  /** From here on it is a message. */
  async #commit(fileKey: FileKey): Promise<Message> {
    const session = this.#session;
    const job = this.#job as UploadJob;
    const { media, watchers } = this.#transfers;
    return session.change(async (change) => {
      requireSending(change.record.state);
      const file = { ...this.#content.file, key: fileKey.expose() };
      const bytes = encodeFileContent(
        await withReply(change, { ...this.#content, file }, this.#options.replyTo),
        media.effects.random,
      );
      const added = addEntry(change, {
        from: 'me',
        kind: 'file',
        state: 'queued',
        seq: 0,
        timer: timerFromWire(change.record.timer),
        replyTo: this.#options.replyTo,
        content: { bytes, hash: NO_KEY },
        fileState: 'uploading',
      });
      change.records.put(TRANSFER, added.n, {
        direction: 'up',
        state: 'uploading',
        blob: this.#blobName,
        ...job.state,
        asked: 0,
        isAnnounced: false,
      });
      media.errands.withdraw(change.transaction, this.#held);
      change.events.push({ type: 'message', chat: session.n, message: added });
      change.afterwards.push(() => {
        if (this.#options.onProgress !== undefined) {
          watchers.add(keyOf(session, added.n), { progress: this.#options.onProgress });
        }
        this.#transfers.adopt(session, added.n, job);
      });
      return added;
    });
  }

  /** Nothing is left of it: the blob goes with the only copy of its key, and what is up is deleted. */
  async #discard(): Promise<void> {
    const { media } = this.#transfers;
    if (this.#job === undefined) {
      await this.#blob?.close();
    } else {
      await this.#job.drop();
    }
    await media.blobs.remove(blobNameText(this.#blobName)).catch(() => {
      // Swept at the next start.
    });
    await media.errands.release(this.#held).catch(() => {
      // Carried out after the next start.
    });
  }
}

function contentOf({ media }: Transfers, { size }: SizedSource, options: SendFileOptions): FileContent {
  const { name, mediaType = DEFAULT_TYPE, caption, preview, width, height } = options;
  if (typeof name !== 'string' || !MEDIA_TYPE.test(mediaType)) {
    throw new ClientError('INVALID_ARGUMENT', 'a file has a name, and a media type such as image/webp');
  }
  const nowS = Math.floor(media.effects.clock.wallMs() / 1000);
  return {
    type: 'file',
    file: {
      key: NO_KEY,
      size,
      name: sentName(name),
      mediaType,
      relay: media.relay,
      expiresAt: nowS + DEFAULT_TTL_HOURS * 3_600,
      ...(preview === undefined ? {} : { preview }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    },
    ...(caption === undefined || caption === '' ? {} : { caption: said(caption) }),
  };
}

async function withReply(change: ChatChange, content: FileContent, replyTo: number | undefined): Promise<FileContent> {
  const reference = replyTo === undefined ? undefined : await referenceTo(change, replyTo);
  if (replyTo !== undefined && reference === undefined) {
    throw new ClientError('NOT_FOUND', `there is no message ${replyTo} to reply to`);
  }
  return reference === undefined ? content : { ...content, replyTo: reference };
}

function requireSending(state: ChatSession['record']['state']): void {
  if (state !== 'open' && state !== 'waiting') {
    throw new ClientError('WRONG_STATE', `this cannot be done while the chat is ${state}`);
  }
}
