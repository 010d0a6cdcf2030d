/**
 * The fingerprint of a chat, and the mark that two people compared it.
 *
 * Spec: docs/protocol/fingerprint.md.
 *
 * @module
 */

import { constantTimeEqual, type Fingerprint, fingerprint, sha256 } from '@secret-chat/crypto';
import type { ChatChange, ChatSession } from './chat-session.ts';

export function fingerprintOf({ record, context }: ChatSession): Fingerprint {
  const mine = context.identity.publicKey;
  const [initiatorKey, responderKey] = record.role === 'initiator' ? [mine, record.theirKey] : [record.theirKey, mine];
  return fingerprint({ transcriptHash: record.transcriptHash, initiatorKey, responderKey });
}

/** Remembers which fingerprint was compared, or forgets it. */
export function setVerified(change: ChatChange, verified: boolean): void {
  const { verified: _before, ...rest } = change.record;
  change.record = verified ? { ...rest, verified: hashOf(change.session) } : rest;
}

/** Clears a mark that does not hold any more, and says so. */
export async function checkVerified(session: ChatSession): Promise<void> {
  const { verified } = session.record;
  if (verified !== undefined && !constantTimeEqual(verified, hashOf(session))) {
    await session.change((change) => {
      setVerified(change, false);
      change.events.push({ type: 'unverified', chat: session.n });
    });
  }
}

function hashOf(session: ChatSession): Uint8Array {
  return sha256(new TextEncoder().encode(fingerprintOf(session).digits.join(' ')));
}
