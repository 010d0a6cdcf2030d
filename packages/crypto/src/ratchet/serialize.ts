/**
 * The ratchet's state as bytes, for the sealed store.
 *
 * The result holds secrets in the clear: seal it, then wipe it.
 *
 * Spec: docs/protocol/ratchet.md §8.
 *
 * @module
 */

import { ByteReader, concat, u32, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import {
  constantTimeEqual,
  SHA256_SIZE,
  X_WING_CIPHERTEXT_SIZE,
  X_WING_PUBLIC_KEY_SIZE,
  X_WING_SEED_SIZE,
  XWingKeyPair,
} from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import type { Chain } from './chain.ts';
import { MAX_OLD_TURNS, MAX_SEEN, MAX_SKIPPED, MAX_SKIPPED_PER_CHAIN } from './limits.ts';
import {
  type CurrentTurn,
  type OldTurn,
  SEEN_ENTRY_SIZE,
  type SkippedKey,
  seenCount,
  TURN_KEM_SIZE,
} from './received-turn.ts';
import type { RatchetState, SendingTurn } from './state.ts';

/** What every serialised state starts with. */
const MAGIC: Uint8Array = utf8('scrs');
const VERSION = 1;
const KEY_SIZE = 32;

/** Which of the optional parts follow. */
const HAS_SENDING = 0x01;
const HAS_PEER_KEY = 0x02;
const HAS_OWN_KEY = 0x04;
const HAS_RECEIVING = 0x08;

/** The state as at most 96 KiB; about 6 KB when nothing is missing. */
export function serializeState(state: RatchetState): Uint8Array {
  const { sending, peerKey, ownKey, receiving } = state;
  const flags =
    (sending ? HAS_SENDING : 0) |
    (peerKey ? HAS_PEER_KEY : 0) |
    (ownKey ? HAS_OWN_KEY : 0) |
    (receiving ? HAS_RECEIVING : 0);
  return concat(
    MAGIC,
    Uint8Array.of(VERSION, flags),
    state.transcriptHash,
    state.rootKey.expose(),
    u32(state.previousLength),
    state.nextSendingHeaderKey.expose(),
    state.nextReceivingHeaderKey.expose(),
    ...(sending ? writeSending(sending) : []),
    ...(peerKey ? [peerKey] : []),
    ...(ownKey ? [ownKey.seed.expose()] : []),
    ...(receiving ? writeCurrent(receiving) : []),
    Uint8Array.of(state.oldTurns.length),
    ...state.oldTurns.flatMap(writeOld),
  );
}

/**
 * Restores a state; it shares no memory with `bytes`.
 *
 * @throws {@link CryptoError} `MALFORMED` for foreign, truncated or inconsistent bytes; `UNSUPPORTED_VERSION`
 */
export function deserializeState(bytes: Uint8Array): RatchetState {
  const reader = new ByteReader(bytes, 'ratchet state');
  if (!constantTimeEqual(reader.take(MAGIC.length), MAGIC)) {
    throw new CryptoError('MALFORMED', 'these bytes are no ratchet state');
  }
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `ratchet state version ${version} is not known`);
  }
  const flags = reader.u8();
  const state: RatchetState = {
    transcriptHash: reader.copy(SHA256_SIZE),
    rootKey: readSecret(reader),
    previousLength: reader.u32(),
    nextSendingHeaderKey: readSecret(reader),
    nextReceivingHeaderKey: readSecret(reader),
    sending: flags & HAS_SENDING ? readSending(reader) : undefined,
    peerKey: flags & HAS_PEER_KEY ? reader.copy(X_WING_PUBLIC_KEY_SIZE) : undefined,
    ownKey: flags & HAS_OWN_KEY ? new XWingKeyPair(reader.copy(X_WING_SEED_SIZE)) : undefined,
    receiving: flags & HAS_RECEIVING ? readCurrent(reader) : undefined,
    oldTurns: readOldTurns(reader),
  };
  reader.end();
  requireConsistent(state, flags);
  return state;
}

function requireConsistent(state: RatchetState, flags: number): void {
  const turns: (CurrentTurn | OldTurn)[] = state.receiving ? [state.receiving, ...state.oldTurns] : [...state.oldTurns];
  const consistent =
    flags <= (HAS_SENDING | HAS_PEER_KEY | HAS_OWN_KEY | HAS_RECEIVING) &&
    // A turn is open, or may be begun, or waits for the other side's first; and an open one has its key.
    !(state.sending && state.peerKey) &&
    Boolean(state.ownKey) !== Boolean(state.peerKey) &&
    turns.reduce((sum, { skipped }) => sum + skipped.size, 0) <= MAX_SKIPPED &&
    turns.reduce((sum, turn) => sum + seenCount(turn), 0) <= MAX_SEEN;
  if (!consistent) {
    throw inconsistent();
  }
}

function writeChain({ key, index }: Chain): Uint8Array[] {
  return [key.expose(), u32(index)];
}

function readChain(reader: ByteReader): Chain {
  return { key: readSecret(reader), index: reader.u32() };
}

function writeSending(sending: SendingTurn): Uint8Array[] {
  const { headerKey, chain, pn, publicKey, kemCiphertext } = sending;
  return [headerKey.expose(), ...writeChain(chain), u32(pn), publicKey, kemCiphertext];
}

function readSending(reader: ByteReader): SendingTurn {
  return {
    headerKey: readSecret(reader),
    chain: readChain(reader),
    pn: reader.u32(),
    publicKey: reader.copy(X_WING_PUBLIC_KEY_SIZE),
    kemCiphertext: reader.copy(X_WING_CIPHERTEXT_SIZE),
  };
}

function writeCurrent(turn: CurrentTurn): Uint8Array[] {
  return [turn.headerKey.expose(), turn.kem, ...writeChain(turn.chain), ...writeRecords(turn)];
}

function readCurrent(reader: ByteReader): CurrentTurn {
  const headerKey: Secret<'header-key'> = readSecret(reader);
  const kem = reader.copy(TURN_KEM_SIZE);
  const chain = readChain(reader);
  return { headerKey, kem, chain, ...readRecords(reader, chain.index) };
}

function writeOld(turn: OldTurn): Uint8Array[] {
  return [turn.headerKey.expose(), turn.kemHash, u32(turn.length), ...writeRecords(turn)];
}

function readOldTurns(reader: ByteReader): OldTurn[] {
  const count = reader.u8();
  if (count > MAX_OLD_TURNS) {
    throw inconsistent();
  }
  return Array.from({ length: count }, () => {
    const headerKey: Secret<'header-key'> = readSecret(reader);
    const kemHash = reader.copy(SHA256_SIZE);
    const length = reader.u32();
    return { headerKey, kemHash, length, ...readRecords(reader, length) };
  });
}

/** `count u32 ‖ (n u32 ‖ since u32 ‖ key 32)… ‖ count u32 ‖ (n u32 ‖ nonce tag 8)…` */
function writeRecords({ skipped, seen }: CurrentTurn | OldTurn): Uint8Array[] {
  const keys = [...skipped].flatMap(([n, { key, since }]) => [u32(n), u32(since), key.expose()]);
  return [u32(skipped.size), ...keys, u32(seen.length / SEEN_ENTRY_SIZE), seen];
}

function readRecords(reader: ByteReader, limit: number): Pick<CurrentTurn, 'skipped' | 'seen'> {
  const skipped = new Map<number, SkippedKey>();
  const count = reader.u32();
  if (count > MAX_SKIPPED_PER_CHAIN) {
    throw inconsistent();
  }
  for (let i = 0; i < count; i++) {
    const n = reader.u32();
    skipped.set(n, { since: reader.u32(), key: readSecret(reader) });
    if (n >= limit || skipped.size !== i + 1) {
      throw inconsistent();
    }
  }
  const seen = reader.u32();
  if (seen > MAX_SEEN) {
    throw inconsistent();
  }
  return { skipped, seen: reader.copy(seen * SEEN_ENTRY_SIZE) };
}

function readSecret<Purpose extends string>(reader: ByteReader): Secret<Purpose> {
  return new Secret(reader.copy(KEY_SIZE));
}

function inconsistent(): CryptoError {
  return new CryptoError('MALFORMED', 'the ratchet state contradicts itself');
}
