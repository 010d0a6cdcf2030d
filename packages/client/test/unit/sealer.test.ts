import { expect, test } from 'vitest';
import type { ChatSession } from '../../src/chat/chat-session.ts';
import type { Owed } from '../../src/delivery/owed.ts';
import type { Puts } from '../../src/delivery/puts.ts';
import { Sealer } from '../../src/delivery/sealer.ts';
import { ClientError } from '../../src/index.ts';

test('receipts in doubt that could not be renewed are renewed at the next look', async () => {
  const entry = { type: 'read', sealed: true, put: false, agedMs: 1, agedEra: 1 };
  let renewals = 0;
  const session = {
    record: { state: 'open', covered: 0, sealedSeq: 1, nextSeq: 2 },
    outbox: { get: (seq: number) => (seq === 1 ? entry : undefined), entries: () => [[1, entry]] },
    change: async () => {
      renewals += 1;
      if (renewals === 1) {
        throw new ClientError('STORE_FAILED', 'the disk is full');
      }
    },
  };
  const sealer = new Sealer(
    session as unknown as ChatSession,
    { receiptsNow: () => {} } as Owed,
    { isInDoubt: (_seq: number) => true } as Puts,
  );
  await expect(sealer.renewReceipts()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await sealer.renewReceipts();
  await sealer.renewReceipts();
  expect(renewals).toBe(2);
});
