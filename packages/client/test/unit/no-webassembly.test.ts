/** A platform on which the cryptography cannot be loaded. */

import { expect, onTestFinished, test, vi } from 'vitest';

test('opening a device says what is missing, and closes the store', async () => {
  const ready = Promise.reject(new Error('code generation is disallowed'));
  ready.catch(() => {});
  vi.doMock('@secret-chat/crypto', async (original) => ({ ...(await original<object>()), ready }));
  onTestFinished(() => void vi.doUnmock('@secret-chat/crypto'));
  const { memoryStore, openDevice } = await import('../../src/index.ts');
  const store = memoryStore();
  const opening = openDevice({ store, keyFile: new Uint8Array(32), name: 'Alice', relay: 'wss://one.test' });
  await expect(opening).rejects.toMatchObject({ code: 'UNSUPPORTED_PLATFORM' });
  await expect(store.get(new Uint8Array(32))).rejects.toMatchObject({ code: 'CLOSED' });
});
