/** `/read` of timed files: one that is not here has not been seen, and one that never comes stays unread no longer than the user wants. */

import type { FileState, Message } from '@secret-chat/client';
import { expect, it } from 'vitest';
import { FakeDevice } from '../support/fake-device.ts';
import { startedRig } from '../support/session.ts';

async function withFile(fileState: FileState) {
  const device = new FakeDevice();
  const alice = device.addChat('Alice');
  const rig = await startedRig({ device, autoRead: false });
  const file = { size: 3_000_000, name: 'a.pdf', mediaType: '', relay: '', expiresAt: 1 };
  alice.receive('', { kind: 'file', file, fileState, timer: 3600 } as Partial<Message>);
  alice.receive('and a text');
  return { alice, ...rig };
}

it.each(['remote', 'fetching', 'paused'] as const)(
  'one that is %s is not said to be read, what else is named is',
  async (state) => {
    const { alice, session, last } = await withFile(state);
    expect(await session.enter('/read 1 2')).toBe(false);
    expect(alice.marked).toEqual([[2]]);
    expect(last('markedRead')).toMatchObject({ numbers: [2] });
    expect(last('error')).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/message 1 is not here yet.*\/save 1/),
    });
  },
);

it('one that is here is read', async () => {
  const { alice, session, last } = await withFile('fetched');
  expect(await session.enter('/read 1')).toBe(true);
  expect(alice.calls).toEqual(['markRead 1']);
  expect(last('markedRead')).toMatchObject({ numbers: [1] });
});

it.each(['missing', 'damaged'] as const)('one that is %s can be done with', async (state) => {
  const { alice, session, last } = await withFile(state);
  expect(await session.enter('/read 1')).toBe(true);
  expect(alice.calls[0]).toBe('view 1');
  expect(last('markedRead')).toMatchObject({ numbers: [1] });
});
