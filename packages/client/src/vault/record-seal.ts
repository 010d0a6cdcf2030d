/**
 * Values to sealed bytes and back: the keys of an open vault, with the names of its records.
 *
 * Spec: docs/protocol/vault.md §6 to §8.
 *
 * @module
 */

import { decodeWith, encodeWith } from '@secret-chat/cbor';
import {
  newItemKey,
  openItem,
  openRecord,
  type RandomSource,
  sealItem,
  sealRecord,
  unwrapItemKey,
  type VaultKeys,
  wrapItemKey,
} from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';
import type { RecordKind } from './record-kind.ts';
import { RecordNames } from './record-names.ts';

/** Where the two parts of an item lie, 24 bytes each. */
export interface ItemNames {
  /** The wrapped key. */
  readonly key: Uint8Array;
  /** The content, sealed under that key. */
  readonly content: Uint8Array;
}

/** The two parts of an item, as they are stored. */
export interface SealedItem {
  /** 73 bytes. */
  readonly key: Uint8Array;
  readonly content: Uint8Array;
}

export class RecordSeal {
  readonly #keys: VaultKeys;
  readonly #names: RecordNames;
  readonly #random: RandomSource;

  /** Takes ownership of `keys`, until {@link RecordSeal.wipe}. */
  constructor(keys: VaultKeys, random: RandomSource) {
    this.#keys = keys;
    this.#names = new RecordNames(keys);
    this.#random = random;
  }

  /** Lends them: they are wiped with this seal. */
  get keys(): VaultKeys {
    return this.#keys;
  }

  get random(): RandomSource {
    return this.#random;
  }

  /** @throws `ClientError` `CLOSED` once the keys are wiped */
  requireOpen(): void {
    if (this.#keys.vaultKey.wiped) {
      throw new ClientError('CLOSED', 'the vault is closed');
    }
  }

  /** @throws `ClientError` `CLOSED`; `INVALID_ARGUMENT` for a position out of range */
  nameOf({ kind }: Pick<RecordKind<unknown>, 'kind'>, scope: Uint8Array, position: number): Uint8Array {
    this.requireOpen();
    return this.#names.nameOf(kind, scope, position);
  }

  /** @throws as {@link RecordSeal.nameOf} */
  itemNamesOf(kind: RecordKind<unknown>, scope: Uint8Array, position: number): ItemNames {
    this.requireOpen();
    return {
      key: this.#names.nameOf(keyKind(kind), scope, position),
      content: this.#names.nameOf(kind.kind, scope, position),
    };
  }

  /** @throws `ClientError` `INVALID_ARGUMENT` when `value` breaks the schema of its kind; `CLOSED` */
  seal<T>(kind: RecordKind<T>, name: Uint8Array, value: T): Uint8Array {
    this.requireOpen();
    return sealEncoded(kind, value, (plaintext) => sealRecord(this.#keys, kind.kind, name, plaintext, this.#random));
  }

  /** @throws `ClientError` `STORE_DAMAGED`, `CLOSED` */
  open<T>(kind: RecordKind<T>, name: Uint8Array, sealed: Uint8Array): T {
    this.requireOpen();
    return openDecoded(kind, () => openRecord(this.#keys, kind.kind, name, sealed));
  }

  /** Seals `value` under a fresh key. @throws as {@link RecordSeal.seal} */
  sealItem<T>(kind: RecordKind<T>, names: ItemNames, value: T): SealedItem {
    this.requireOpen();
    const key = newItemKey(this.#random);
    try {
      return {
        key: wrapItemKey(this.#keys, keyKind(kind), names.key, key, this.#random),
        content: sealEncoded(kind, value, (plaintext) =>
          sealItem(key, kind.kind, names.content, plaintext, this.#random),
        ),
      };
    } finally {
      key.wipe();
    }
  }

  /** @throws as {@link RecordSeal.open} */
  openItem<T>(kind: RecordKind<T>, names: ItemNames, sealed: SealedItem): T {
    this.requireOpen();
    return openDecoded(kind, () => {
      const key = unwrapItemKey(this.#keys, keyKind(kind), names.key, sealed.key);
      try {
        return openItem(key, kind.kind, names.content, sealed.content);
      } finally {
        key.wipe();
      }
    });
  }

  /** Every later call throws `CLOSED`. */
  wipe(): void {
    this.#keys.wipe();
    this.#names.forget();
  }
}

/** What does not open or decode under its own name was not written by this vault. Says of which kind, not what. */
export function damagedError({ kind }: RecordKind<unknown>): ClientError {
  return new ClientError('STORE_DAMAGED', `a record of kind “${kind}” is damaged`);
}

/** The kind of the wrapped keys of items; no other kind ends like this. */
function keyKind({ kind }: RecordKind<unknown>): string {
  return `${kind}/key`;
}

function sealEncoded<T>(kind: RecordKind<T>, value: T, seal: (plaintext: Uint8Array) => Uint8Array): Uint8Array {
  const plaintext = encoded(kind, value);
  try {
    return seal(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

function encoded<T>({ kind, codec }: RecordKind<T>, value: T): Uint8Array {
  try {
    return encodeWith(codec, value, kind);
  } catch {
    throw new ClientError('INVALID_ARGUMENT', `a value for a record of kind “${kind}” breaks its schema`);
  }
}

function openDecoded<T>(kind: RecordKind<T>, open: () => Uint8Array): T {
  let plaintext: Uint8Array | undefined;
  try {
    plaintext = open();
    return decodeWith(kind.codec, plaintext);
  } catch {
    throw damagedError(kind);
  } finally {
    plaintext?.fill(0);
  }
}
