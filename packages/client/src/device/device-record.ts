/**
 * What is stored of the device itself, and of what it still has to tell.
 *
 * @module
 */

import { boolean, bytes, list, map, named, optional, text, uint } from '@secret-chat/cbor';
import { MAX_NAME_SIZE, MAX_ORIGIN_SIZE } from '@secret-chat/crypto';
import { MAX_IDLE_WEEKS } from '@secret-chat/wire';
import type { RecordKind } from '../vault/record-kind.ts';

const SEED_SIZE = 32;
const ID_SIZE = 32;

export interface DeviceRecord {
  /** Of the identity key. */
  readonly seed: Uint8Array;
  readonly name: string;
  readonly relay: string;
  readonly nextChat: number;
  readonly nextInvite: number;
  /** How long relays keep what this device does not use; {@link DEFAULT_IDLE_WEEKS} if it was never set. */
  readonly idleWeeks?: number;
  /** Its user allowed relays on other machines without TLS. */
  readonly allowsInsecure?: boolean;
}

/** Half a year, unless the owner chooses otherwise (promise P13). */
export const DEFAULT_IDLE_WEEKS = 26;

export const DEVICE: RecordKind<DeviceRecord> = {
  kind: 'device',
  codec: map<DeviceRecord>({
    seed: bytes(SEED_SIZE),
    name: text(MAX_NAME_SIZE, 1),
    relay: text(MAX_ORIGIN_SIZE),
    nextChat: uint(),
    nextInvite: uint(),
    idleWeeks: optional(uint(MAX_IDLE_WEEKS)),
    allowsInsecure: optional(boolean()),
  }),
};

/** An event that was committed and not told yet; texts are looked up when it is told. */
export interface JournalEntry {
  readonly type: string;
  readonly chat?: number;
  readonly n?: number;
  readonly count?: number;
  readonly why?: string;
  readonly numbers?: readonly number[];
}

const MAX_WORD_SIZE = 32;
/** Events of one transaction: a thousand contents may have been held behind a gap, and each can delete 64 messages. */
const MAX_ENTRIES = 100_000;

export const JOURNAL: RecordKind<readonly JournalEntry[]> = {
  kind: 'journal',
  codec: list(
    map<JournalEntry>({
      type: text(MAX_WORD_SIZE),
      chat: optional(uint()),
      n: optional(uint()),
      count: optional(uint()),
      why: optional(text(MAX_WORD_SIZE)),
      numbers: optional(list(uint(), 0, MAX_ENTRIES)),
    }),
    1,
    MAX_ENTRIES,
  ),
};

/** Something that a relay is to be told, once it can be. */
export interface Errand {
  readonly what: 'closeMailbox' | 'removeCard';
  readonly relay: string;
  /** Seed of the owner key. */
  readonly seed: Uint8Array;
  /** The mailbox's random part, or the invite id. */
  readonly id: Uint8Array;
  /** Chat whose `accept` has to be put before. */
  readonly afterChat?: number;
}

export const ERRAND: RecordKind<Errand> = {
  kind: 'errand',
  codec: map<Errand>({
    what: named({ closeMailbox: 0, removeCard: 1 }),
    relay: text(MAX_ORIGIN_SIZE),
    seed: bytes(SEED_SIZE),
    id: bytes(ID_SIZE),
    afterChat: optional(uint()),
  }),
};

/** Identities that are kept out. Scope: the identity key. */
export const BLOCKED: RecordKind<number> = { kind: 'blocked', codec: uint() };
