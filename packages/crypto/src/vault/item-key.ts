/**
 * Item keys: every message and file is sealed under a key of its own, so that destroying 73 bytes destroys it.
 *
 * Spec: docs/protocol/vault.md §8.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import { type RandomSource, requireSize } from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import type { VaultKeys } from './keys.ts';
import { open, seal } from './sealed.ts';

/** In bytes. */
export const ITEM_KEY_SIZE = 32;
/** `version 1 ‖ nonce 24 ‖ wrapped key 32 ‖ tag 16`. */
export const WRAPPED_ITEM_KEY_SIZE = 73;

/** The key of one message or file, 32 bytes. */
export type ItemKey = Secret<'item-key'>;

/** A fresh key; the caller owns it. */
export function newItemKey(random: RandomSource): ItemKey {
  return new Secret(random(ITEM_KEY_SIZE));
}

/**
 * The key as it is stored, 73 bytes. The store must be able to destroy these bytes for good.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `name` is 24 bytes and the key 32
 */
export function wrapItemKey(
  keys: VaultKeys,
  kind: string,
  name: Uint8Array,
  itemKey: ItemKey,
  random: RandomSource,
): Uint8Array {
  requireSize(itemKey.expose(), ITEM_KEY_SIZE, 'item key');
  return seal(keys.wrapKey, { label: LABEL.vaultWrap, kind, name }, itemKey.expose(), random);
}

/**
 * Undoes {@link wrapItemKey}; the caller owns the result.
 *
 * @throws {@link CryptoError} as `openRecord`
 */
export function unwrapItemKey(keys: VaultKeys, kind: string, name: Uint8Array, wrapped: Uint8Array): ItemKey {
  return new Secret(open(keys.wrapKey, { label: LABEL.vaultWrap, kind, name }, wrapped));
}

/**
 * Seals a message's content or another part of an item; `plaintext.length + 41` bytes.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `name` is 24 bytes
 */
export function sealItem(
  itemKey: ItemKey,
  kind: string,
  name: Uint8Array,
  plaintext: Uint8Array,
  random: RandomSource,
): Uint8Array {
  return seal(itemKey, { label: LABEL.vaultItem, kind, name }, plaintext, random);
}

/** Opens what {@link sealItem} sealed for the same kind and name. @throws as `openRecord` */
export function openItem(itemKey: ItemKey, kind: string, name: Uint8Array, sealed: Uint8Array): Uint8Array {
  return open(itemKey, { label: LABEL.vaultItem, kind, name }, sealed);
}
