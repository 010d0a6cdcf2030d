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

/** The state as at most 96 KiB; 5.4 KB, and 12 bytes for each envelope that is remembered, when nothing is missing. */
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
  const reader = new StateReader(bytes);
  try {
    return readState(reader);
  } catch (error) {
    reader.wipe();
    throw error;
  }
}

/** Remembers the secrets that it read, in case the bytes turn out to be no state. */
class StateReader extends ByteReader {
  readonly #made: { wipe(): void }[] = [];

  constructor(bytes: Uint8Array) {
    super(bytes, 'ratchet state');
  }

  secret<Purpose extends string>(): Secret<Purpose> {
    const secret = new Secret<Purpose>(this.copy(KEY_SIZE));
    this.#made.push(secret);
    return secret;
  }

  keyPair(): XWingKeyPair {
    const pair = new XWingKeyPair(this.copy(X_WING_SEED_SIZE));
    this.#made.push(pair);
    return pair;
  }

  wipe(): void {
    for (const secret of this.#made) {
      secret.wipe();
    }
  }
}

function readState(reader: StateReader): RatchetState {
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
    rootKey: reader.secret(),
    previousLength: reader.u32(),
    nextSendingHeaderKey: reader.secret(),
    nextReceivingHeaderKey: reader.secret(),
    sending: flags & HAS_SENDING ? readSending(reader) : undefined,
    peerKey: flags & HAS_PEER_KEY ? reader.copy(X_WING_PUBLIC_KEY_SIZE) : undefined,
    ownKey: flags & HAS_OWN_KEY ? reader.keyPair() : undefined,
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
    (state.receiving !== undefined || state.oldTurns.length === 0) &&
    turns.reduce((sum, { skipped }) => sum + skipped.size, 0) <= MAX_SKIPPED &&
    turns.reduce((sum, turn) => sum + seenCount(turn), 0) <= MAX_SEEN;
  if (!consistent) {
    throw inconsistent();
  }
}

function writeChain({ key, index }: Chain): Uint8Array[] {
  return [key.expose(), u32(index)];
}

function readChain(reader: StateReader): Chain {
  return { key: reader.secret(), index: reader.u32() };
}

function writeSending(sending: SendingTurn): Uint8Array[] {
  const { headerKey, chain, pn, publicKey, kemCiphertext } = sending;
  return [headerKey.expose(), ...writeChain(chain), u32(pn), publicKey, kemCiphertext];
}

function readSending(reader: StateReader): SendingTurn {
  return {
    headerKey: reader.secret(),
    chain: readChain(reader),
    pn: reader.u32(),
    publicKey: reader.copy(X_WING_PUBLIC_KEY_SIZE),
    kemCiphertext: reader.copy(X_WING_CIPHERTEXT_SIZE),
  };
}

function writeCurrent(turn: CurrentTurn): Uint8Array[] {
  return [turn.headerKey.expose(), turn.kem, ...writeChain(turn.chain), ...writeRecords(turn)];
}

function readCurrent(reader: StateReader): CurrentTurn {
  const headerKey: Secret<'header-key'> = reader.secret();
  const kem = reader.copy(TURN_KEM_SIZE);
  const chain = readChain(reader);
  return { headerKey, kem, chain, ...readRecords(reader, chain.index) };
}

function writeOld(turn: OldTurn): Uint8Array[] {
  return [turn.headerKey.expose(), turn.kemHash, u32(turn.length), ...writeRecords(turn)];
}

function readOldTurns(reader: StateReader): OldTurn[] {
  const count = reader.u8();
  if (count > MAX_OLD_TURNS) {
    throw inconsistent();
  }
  return Array.from({ length: count }, () => {
    const headerKey: Secret<'header-key'> = reader.secret();
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

function readRecords(reader: StateReader, limit: number): Pick<CurrentTurn, 'skipped' | 'seen'> {
  const skipped = new Map<number, SkippedKey>();
  const count = reader.u32();
  if (count > MAX_SKIPPED_PER_CHAIN) {
    throw inconsistent();
  }
  for (let i = 0; i < count; i++) {
    const n = reader.u32();
    skipped.set(n, { since: reader.u32(), key: reader.secret() });
    if (n >= limit || skipped.size !== i + 1) {
      throw inconsistent();
    }
  }
  const remembered = reader.u32();
  if (remembered > MAX_SEEN) {
    throw inconsistent();
  }
  const seen = reader.copy(remembered * SEEN_ENTRY_SIZE);
  const view = new DataView(seen.buffer);
  for (let offset = 0; offset < seen.length; offset += SEEN_ENTRY_SIZE) {
    if (view.getUint32(offset) >= limit) {
      throw inconsistent();
    }
  }
  return { skipped, seen };
}

function inconsistent(): CryptoError {
  return new CryptoError('MALFORMED', 'the ratchet state contradicts itself');
}
