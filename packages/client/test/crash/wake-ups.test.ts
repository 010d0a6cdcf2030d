/** What arrives in the very moment in which the inbox has finished is taken all the same. */

import { sha256 } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import type { ChatSession } from '../../src/chat/chat-session.ts';
import { Inbox } from '../../src/delivery/inbox.ts';
import type { MailboxEvents, OwnMailbox } from '../../src/link/relay-link.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';

test('an envelope that arrives together with the end of the backlog is received', async () => {
  let events: MailboxEvents | undefined;
  const acknowledged: Uint8Array[] = [];
  const link = {
    hold: () => () => {},
    watch(_mailbox: OwnMailbox, told: MailboxEvents) {
      events = told;
      return { acknowledge: (hash: Uint8Array) => acknowledged.push(hash), stop() {} };
    },
  };
  const context = {
    ...{ links: { get: () => link }, effects: { clock: new FakeClock() }, journal: { tell() {} } },
    life: { ofMonotonic: (ms: number) => ms },
  };
  const record = { got: 0, surfaced: 0 };
  const session = {
    context,
    record,
    ahead: { size: 0 },
    emptyAskedMs: 0,
    change: async (work: (change: unknown) => unknown) => work({ context, record, events: [] }),
  };
  const inbox = new Inbox(session as unknown as ChatSession, { progressed() {}, owesAck() {} });
  inbox.mailboxes.watch('current', 'wss://relay.example', {} as OwnMailbox);
  const envelope = new Uint8Array(4096);
  events?.subscribed();
  // Frames of one block of the socket are told in one go.
  events?.drained(0);
  events?.envelope(envelope);
  await settled();
  expect(acknowledged).toEqual([sha256(envelope)]);
  await inbox.stop();
});
