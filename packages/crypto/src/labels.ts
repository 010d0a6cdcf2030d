/**
 * Every domain-separation label of the protocol, each with one purpose.
 *
 * Spec: docs/protocol/conventions.md §4. A label is its UTF-8 bytes, without a terminator; where a label is
 * followed by other data in a hash or signature input, what follows has a fixed size or a length prefix.
 *
 * @module
 */

import { utf8 } from './bytes.ts';

const PURPOSES = {
  inviteCardLocator: 'invite/card-locator',
  inviteCardKey: 'invite/card-key',
  invitePrekeyKey: 'invite/prekey-key',
  inviteInboxKey: 'invite/inbox-key',
  inviteChecksum: 'invite/checksum',
  card: 'card',
  cardSignature: 'card/signature',
  signedPrekey: 'prekey/signed',
  lastResortPrekey: 'prekey/last-resort',
  oneTimePrekey: 'prekey/one-time',
  oneTimePrekeySeal: 'prekey/one-time-seal',
  handshake: 'handshake',
  transcript: 'handshake/transcript',
  initiatorIdentity: 'handshake/initiator-identity',
  requestEnvelope: 'handshake/request-envelope',
  requestId: 'handshake/request-id',
  ratchetInit: 'ratchet/init',
  ratchetRoot: 'ratchet/root',
  contentHash: 'content/hash',
  contentDigest: 'content/digest',
  fileInputKey: 'file/input-key',
  fileContext: 'file',
  filePieceId: 'file/piece-id',
  fileDeleteToken: 'file/delete-token',
  vaultKeyFile: 'vault/key-file',
  vaultHeader: 'vault/header',
  vaultRecordKey: 'vault/record-key',
  vaultNameKey: 'vault/name-key',
  vaultWrapKey: 'vault/wrap-key',
  vaultRecord: 'vault/record',
  vaultItem: 'vault/item',
  vaultWrap: 'vault/wrap',
  fingerprint: 'fingerprint',
  fingerprintDigits: 'fingerprint/digits',
  fingerprintWords: 'fingerprint/words',
  fingerprintPicture: 'fingerprint/picture',
} as const;

type Labels = { readonly [name in keyof typeof PURPOSES]: Uint8Array };

/** The labels as bytes: `secret-chat/v1/` and the purpose. */
export const LABEL: Labels = Object.fromEntries(
  Object.entries(PURPOSES).map(([name, purpose]) => [name, utf8(`secret-chat/v1/${purpose}`)]),
) as Labels;
