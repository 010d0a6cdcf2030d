import { sha256 } from '@secret-chat/crypto';
import { describe, expect, test } from 'vitest';
import { MAX_EXPORTED_ITEMS } from '../../src/link/export-pages.ts';
import { bytes, card, envelope, expectCode, mailbox, nameOf, onlineRig, ownCard, prekeys, refusalOf } from './rig.ts';

describe('a card', () => {
  test('is put with prekeys that need several frames, fetched, emptied, refilled and removed', async () => {
    const { link, relay } = await onlineRig();
    const own = ownCard();
    const [sealed, pool] = [card(), prekeys(95)];
    expect(await link.putCard(own, sealed, pool, 26)).toBe(95);
    const sizes = relay.requests.flatMap((request) => ('prekeys' in request ? [request.prekeys.length] : []));
    expect(sizes).toEqual([40, 40, 15]);
    expect(relay.requests.map(({ op }) => op)).toEqual(['putCard', 'addPrekeys', 'addPrekeys']);
    expect(await link.getCard(own.locator)).toEqual(sealed);
    const taken: (Uint8Array | undefined)[] = [];
    for (let i = 0; i < 96; i++) {
      taken.push(await link.takePrekey(own.locator));
    }
    expect(taken.map((prekey) => prekey && nameOf(prekey))).toEqual([...pool.map(nameOf), undefined]);
    expect(await link.addPrekeys(own, prekeys(80))).toBe(80);
    expect(await link.addPrekeys(own, [])).toBe(80);
    expect(await link.putCard(own, card(), [], 1)).toBe(80);
    await link.removeCard(own);
    expect(await refusalOf(link.getCard(own.locator))).toMatchObject({ relayCode: 'GONE' });
    expect(await refusalOf(link.takePrekey(own.locator))).toMatchObject({ relayCode: 'GONE' });
    expect(await refusalOf(link.removeCard(own))).toMatchObject({ relayCode: 'GONE' });
  });

  test('whose pool would overflow stops at the frame that is refused', async () => {
    const { link, relay } = await onlineRig();
    const own = ownCard();
    await link.putCard(own, card(), prekeys(150), 26);
    expect(await refusalOf(link.addPrekeys(own, prekeys(80)))).toMatchObject({ relayCode: 'OUT_OF_RANGE' });
    expect(await link.addPrekeys(own, [])).toBe(190);
    expect(relay.count('addPrekeys')).toBe(3 + 2 + 1);
  });

  test('that is not one’s own is refused', async () => {
    const { link } = await onlineRig();
    const own = ownCard();
    await link.putCard(own, card(), [], 26);
    const thief = { ...ownCard(), inviteId: own.inviteId };
    expect(await refusalOf(link.putCard(thief, card(), [], 26))).toMatchObject({ relayCode: 'BAD_PROOF' });
    expect(await refusalOf(link.exportCard(thief))).toMatchObject({ relayCode: 'BAD_PROOF' });
  });
});

describe('an export', () => {
  test('follows every page', async () => {
    const { link, relay } = await onlineRig();
    const box = mailbox();
    relay.memory.open(box.address);
    const held = Array.from({ length: 20 }, (_, i) => envelope(i % 3 === 0 ? 16_384 : 4096));
    await Promise.all(held.map((sealed) => link.put(box.address, sealed, 24)));
    const items = await link.exportMailbox(box);
    expect(items.map(({ kind }) => kind)).toEqual(['mailbox', ...held.map(() => 'envelope')]);
    expect(items.slice(1).map((item) => nameOf(item.bytes))).toEqual(held.map(nameOf));
    expect(relay.count('exportMailbox')).toBe(7);

    const own = ownCard();
    const pool = prekeys(10);
    await link.putCard(own, card(), pool, 26);
    const ofCard = await link.exportCard(own);
    expect(ofCard.map(({ kind }) => kind)).toEqual(['card', ...pool.map(() => 'prekey')]);
    expect(ofCard[0]?.expiresAt).toBeGreaterThan(0);
    expect(await refusalOf(link.exportMailbox(mailbox()))).toMatchObject({ relayCode: 'GONE' });
  });

  test.each([
    ['goes round in circles', () => ({ items: [item()], next: 5 })],
    ['brings nothing', (after: number | undefined) => ({ items: [], next: (after ?? 0) + 1 })],
    ['has no items', () => ({})],
    ['has no end', (after: number | undefined) => ({ items: [item(), item(), item()], next: (after ?? 0) + 3 })],
  ])('that %s ends, and the connection with it', async (_name, answer) => {
    const { link, relay } = await onlineRig();
    relay.on('exportCard', (turn) => turn.ok(answer(turn.request.after)));
    await expectCode(link.exportCard(ownCard()), 'RELAY_MISBEHAVED');
    expect(link.state.state).toBe('waiting');
    expect(relay.count('exportCard')).toBeLessThan(MAX_EXPORTED_ITEMS / 3 + 2);
  });
});

const item = () => ({ kind: 'prekey' as const, bytes: sha256(bytes(1)), expiresAt: 1 });
