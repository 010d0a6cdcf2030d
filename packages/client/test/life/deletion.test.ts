/** Deleting and clearing on both sides: executed by the other side, whenever it comes, and never undone. */

import { describe, expect, test } from 'vitest';
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
