import { utf8 } from '../../src/bytes.ts';
import { createVault, recordName, Secret, sealItem, sealRecord, wrapItemKey } from '../../src/index.ts';
import { Draws, hex } from './draws.ts';

/** docs/protocol/vault.md */
export async function vaultVectors(): Promise<unknown> {
  const draws = new Draws('vault');
  const passphrase = 'correct horse battery staple é';
  const parameters = { logN: 10, r: 8, p: 1 };
  const { header, keys } = await createVault({ passphrase, parameters }, draws.random);
  const passphraseDraws = draws.taken();
  const keyFile = draws.random(32);
  draws.taken();
  const byKeyFile = await createVault({ keyFile: new Secret(keyFile.slice()) }, draws.random);
  const keyFileDraws = draws.taken();
  const chat = draws.random(32);
  const itemKey = draws.random(32);
  draws.taken();
  const name = recordName(keys, 'message', chat, 42);
  const sealed = sealRecord(keys, 'message', name, utf8('a record'), draws.random);
  const recordDraws = draws.taken();
  const wrapped = wrapItemKey(keys, 'message', name, new Secret(itemKey.slice()), draws.random);
  const wrapDraws = draws.taken();
  const item = sealItem(new Secret(itemKey.slice()), 'message', name, utf8('an item'), draws.random);
  const itemDraws = draws.taken();
  const moved = recordName(keys, 'message', chat, 43);
  return {
    spec: 'docs/protocol/vault.md',
    passphraseVault: { passphrase, parameters, draws: passphraseDraws, header: hex(header) },
    keyFileVault: { keyFile: hex(keyFile), draws: keyFileDraws, header: hex(byKeyFile.header) },
    scope: hex(chat),
    kind: 'message',
    position: 42,
    name: hex(name),
    record: { plaintext: 'a record', draws: recordDraws, sealed: hex(sealed) },
    itemKey: { key: hex(itemKey), draws: wrapDraws, wrapped: hex(wrapped) },
    item: { plaintext: 'an item', draws: itemDraws, sealed: hex(item) },
    refusedHeaders: [
      { why: 'wrong passphrase', header: hex(header), passphrase: 'wrong', code: 'WRONG_PASSPHRASE' },
      { why: 'truncated', header: hex(header.slice(0, -1)), passphrase, code: 'MALFORMED' },
      { why: 'made with a key file', header: hex(byKeyFile.header), passphrase, code: 'MISMATCH' },
    ],
    refusedRecords: [
      { why: 'moved to another position', kind: 'message', name: hex(moved), sealed: hex(sealed) },
      { why: 'taken for another kind', kind: 'chat', name: hex(name), sealed: hex(sealed) },
    ],
  };
}
