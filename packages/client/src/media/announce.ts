/**
 * The message of a file: an entry of the history at once, a numbered content once the pieces are on the relay.
 *
 * Spec: docs/protocol/content.md §3.3, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { CryptoError, encodeContent, type RandomSource, sizeClassFor, timerFromWire } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { CONTENT, MESSAGE, MINE } from '../chat/message-record.ts';
import { enqueue, numberContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import { type FileContent, fileContentOf } from './change-transfer.ts';

/** Says whether it fits an envelope. @throws `ClientError` `TOO_LONG`, `INVALID_ARGUMENT` */
export function encodeFileContent(content: FileContent, random: RandomSource): Uint8Array {
  try {
    const bytes = encodeContent(content, random);
    sizeClassFor(bytes.length);
    return bytes;
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'TOO_LONG') {
      throw new ClientError('TOO_LONG', 'this caption is too long for a message');
    }
    throw new ClientError('INVALID_ARGUMENT', 'what is said about this file is not well-formed');
  }
}

/** Gives the entry `n` its seq, and lets its content wait to be sealed. False if it is not there any more. */
export async function announceFile(change: ChatChange, n: number, expiresAt: number): Promise<boolean> {
  const { records } = change;
  const stored = await records.get(MESSAGE, n);
  const content = await fileContentOf(records, n);
  if (stored === undefined || content === undefined) {
    return false;
  }
  const timer = timerFromWire(stored.timer);
  const numbered = numberContent(change, { ...content, file: { ...content.file, expiresAt } }, timer);
  records.put(MESSAGE, n, { ...stored, seq: numbered.seq });
  records.putItem(CONTENT, n, numbered.bytes);
  records.put(MINE, numbered.seq, { n, hash: numbered.hash });
  enqueue(change, 'file', numbered, timer, n);
  return true;
}
