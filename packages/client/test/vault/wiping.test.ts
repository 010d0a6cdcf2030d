import { VaultKeys } from '@secret-chat/crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { NO_SCOPE } from '../../src/vault/scopes.ts';
import { COUNT, NOTE, newVault, PASSPHRASE, SCRYPT } from './vaults.ts';

const TITLE = 'a title of which no copy is to be left';

/** Runs `work`, and counts the buffers with the title in them that it wipes. */
async function wipedBy(work: () => unknown): Promise<number> {
  let wiped = 0;
  const { fill } = Uint8Array.prototype;
  const spy = vi.spyOn(Uint8Array.prototype, 'fill').mockImplementation(function (this: Uint8Array, ...values) {
    if (values[0] === 0 && Buffer.from(this).includes(TITLE)) {
      wiped += 1;
    }
    return fill.apply(this, values);
  });
  try {
    await work();
    return wiped;
  } finally {
    spy.mockRestore();
  }
}

test('the encoded value is wiped once it is sealed, and the opened one once it is decoded', async () => {
  const { vault } = await newVault();
  const transaction = vault.begin();
  expect(await wipedBy(() => transaction.put(NOTE, NO_SCOPE, 0, { title: TITLE }))).toBe(1);
  expect(await wipedBy(() => transaction.putItem(NOTE, NO_SCOPE, 1, { title: TITLE }))).toBe(1);
  await transaction.commit();
  expect(await wipedBy(() => vault.get(NOTE, NO_SCOPE, 0))).toBe(1);
  expect(await wipedBy(() => vault.getItem(NOTE, NO_SCOPE, 1))).toBe(1);
  expect(await wipedBy(() => vault.page(NOTE, NO_SCOPE, { to: 0 }))).toBe(1);
  // Also when it does not decode.
  const misread = { kind: NOTE.kind, codec: COUNT.codec };
  expect(await wipedBy(() => vault.get(misread, NO_SCOPE, 0).catch(() => undefined))).toBe(1);
});

test('every set of the vault’s keys is wiped in the end', async () => {
  const wiped = new Set<VaultKeys>();
  const { wipe } = VaultKeys.prototype;
  const spy = vi.spyOn(VaultKeys.prototype, 'wipe').mockImplementation(function (this: VaultKeys) {
    wiped.add(this);
    wipe.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  const { vault } = await newVault();
  expect(wiped.size).toBe(0);
  await vault.changeUnlock(PASSPHRASE, { passphrase: 'next' }, SCRYPT);
  // Those that the check of the current passphrase has opened.
  expect(wiped.size).toBe(1);
  await vault.close();
  expect(wiped.size).toBe(2);
  for (const keys of wiped) {
    expect([keys.vaultKey, keys.recordKey, keys.nameKey, keys.wrapKey].every((key) => key.wiped)).toBe(true);
  }
});
