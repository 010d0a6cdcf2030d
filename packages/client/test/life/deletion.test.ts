/** Deleting and clearing on both sides: executed by the other side, whenever it comes, and never undone. */

import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { TOMBSTONE } from '../../src/life/deletion.ts';
import { meetHostilePeer } from '../support/hostile-peer.ts';
import { World } from '../support/people.ts';

async function talk(count = 3) {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  for (let i = 0; i < count; i++) {
    await alice.chat().sendText(`a${i}`);
    await bob.chat().sendText(`b${i}`);
  }
  await world.until(() => alice.heard().length === count && bob.heard().length === count);
  return { world, alice, bob };
}

describe('deleting', () => {
  test("one's own and theirs, on both sides; asked, then confirmed", async () => {
    const { world, alice, bob } = await talk();
    const gone = (await alice.history())
      .filter((message) => message.kind === 'text' && ['a1', 'b2'].includes(message.text))
      .map(({ n }) => n);
    await alice.chat().deleteMessages(gone);
    expect((await alice.read()).sort()).toEqual(['me: a0', 'me: a2', 'them: b0', 'them: b1']);
    expect(alice.told('deletion')).toEqual([{ type: 'deletion', chat: 1, numbers: gone, state: 'asked' }]);
    await world.until(() => alice.told('deletion').length === 2);
    expect(alice.told('deletion')[1]).toMatchObject({ numbers: gone, state: 'confirmed' });
    expect((await bob.read()).sort()).toEqual(['me: b0', 'me: b1', 'them: a0', 'them: a2']);
    expect(bob.told('destroyed').map(({ why }) => why)).toEqual(['deleted', 'deleted']);
  });

  test('works when the other side is away for months', async () => {
    const { world, alice, bob } = await talk();
    await bob.close();
    const [first] = await alice.history();
    await alice.chat().deleteMessages((first as { n: number }).n);
    await world.advance(3 * 86_400_000);
    const again = await bob.reopen();
    await world.until(() => again.told('destroyed').length === 1);
    await world.until(() => alice.told('deletion').length === 2);
  });

  test('what was never delivered is never delivered', async () => {
    const { world, alice, bob } = await talk(0);
    bob.goOffline();
    const { n } = await alice.chat().sendText('a slip of the tongue');
    await world.advance(5_000);
    await alice.chat().deleteMessages(n);
    await world.advance(5_000);
    bob.goOnline();
    await alice.chat().sendText('good morning');
    await world.until(() => bob.heard().includes('good morning'));
    expect(await bob.read()).toEqual(['them: good morning']);
  });
});

describe('clearing', () => {
  test('destroys what both had, and nothing later', async () => {
    const { world, alice, bob } = await talk();
    await alice.chat().clear();
    expect(await alice.history()).toEqual([]);
    await alice.chat().sendText('a new page');
    await world.until(() => bob.heard().includes('a new page'));
    expect(await bob.read()).toEqual(['them: a new page']);
    expect(await alice.read()).toEqual(['me: a new page']);
    expect(new Set(bob.told('destroyed').map(({ why }) => why))).toEqual(new Set(['cleared']));
  });

  test('what the other wrote meanwhile and did not send stays', async () => {
    const { world, alice, bob } = await talk();
    bob.goOffline();
    await bob.chat().sendText('I did not see it coming');
    await alice.chat().clear();
    await world.advance(5_000);
    bob.goOnline();
    await world.until(() => alice.heard().includes('I did not see it coming'));
    expect(await bob.read()).toEqual(['me: I did not see it coming']);
  });

  test('a kill in the middle is made up for before anything is shown', async () => {
    const { alice } = await talk(60);
    const session = (alice.chat() as unknown as { session: { record: { clearing?: boolean } } }).session;
    const clearing = alice.chat().clear();
    while (session.record.clearing !== true) {
      await Promise.resolve();
    }
    alice.kill();
    await clearing.catch(() => {});
    const again = await alice.reopen();
    expect(await again.history()).toEqual([]);
  });
});

describe('what is deleted before it comes', () => {
  test('is counted once, and forgotten as soon as anything comes under its seq', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    const { session } = alice.chat(1) as LiveChat;
    await peer.say({ type: 'text', text: 'first' });
    await world.advance(1_000);
    // The deletions take these; 20 further ones are named.
    const first = peer.nextSeq + 3;
    const messages = Array.from({ length: 20 }, (_, i) => ({ sender: 'initiator' as const, seq: first + i }));
    for (let i = 0; i < 3; i += 1) {
      await peer.say({ type: 'delete', messages: [...messages, ...messages] });
    }
    await world.advance(1_000);
    const buried = () => session.context.vault.page(TOMBSTONE, session.scope);
    expect(await buried()).toHaveLength(20);
    expect(session.record.tombstones).toBe(20);
    await peer.say({ type: 'text', text: 'never shown' });
    await peer.say({ type: 'read', messages: [{ seq: 1, ageMs: 0 }] });
    // Out of order: held, and applied when what is missing comes, or late.
    const [late, held] = [peer.nextSeq, peer.nextSeq + 1];
    await peer.say({ type: 'timer', timer: 60 }, { seq: held });
    await peer.say({ type: 'resend', ranges: [{ from: 1, to: 1 }] }, { seq: held + 1 });
    await world.advance(30_000);
    await peer.say({ type: 'fetched', seq: 1 }, { seq: late });
    await world.advance(1_000);
    expect(session.record.got).toBe(held + 1);
    expect((await alice.read(1)).filter((line) => line !== 'them: first')).toEqual([]);
    expect((await buried()).map(({ position }) => position)).toEqual(messages.slice(5).map(({ seq }) => seq));
    expect(session.record.tombstones).toBe(15);
  });
});
