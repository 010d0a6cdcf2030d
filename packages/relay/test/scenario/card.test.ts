import { describe, expect, test } from 'vitest';
import { type Client, newOwner, type Owner, random, sha256 } from '../support/client.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const error = (code: string) => expect.objectContaining({ op: 'error', code });
const MINUTE_MS = 60_000;

const prekeys = (count: number) => Array.from({ length: count }, () => random(1364));

/** A card of a new invite. */
function newCard(owner: Owner) {
  const locator = random(32);
  return { locator, inviteId: sha256(locator), ownerKey: owner.ownerKey, card: random(4096) };
}

function putCard(client: Client, owner: Owner, card: ReturnType<typeof newCard>, pool: readonly Uint8Array[] = []) {
  const { locator: _, ...fields } = card;
  return client.askSigned({ op: 'putCard', ...fields, prekeys: pool, idleWeeks: 2 }, owner);
}

function addPrekeys(client: Client, owner: Owner, { inviteId, ownerKey }: ReturnType<typeof newCard>, count: number) {
  return client.askSigned({ op: 'addPrekeys', inviteId, ownerKey, prekeys: prekeys(count) }, owner);
}

describe('a card', () => {
  test('is put, got by its locator, replaced by its owner, and removed', async () => {
    const relay = await testRelay();
    const [alice, bob] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    const card = newCard(owner);
    expect(await bob.ask({ op: 'getCard', locator: card.locator })).toEqual(error('GONE'));
    expect(await putCard(alice, owner, card, prekeys(2))).toMatchObject({ op: 'ok', prekeys: 2 });
    expect(await bob.ask({ op: 'getCard', locator: card.locator })).toMatchObject({ op: 'ok', card: card.card });
    // The id is not the capability to read.
    expect(await bob.ask({ op: 'getCard', locator: card.inviteId })).toEqual(error('GONE'));

    const renewed = { ...card, card: random(4096) };
    expect(await putCard(alice, owner, renewed, prekeys(1))).toMatchObject({ op: 'ok', prekeys: 3 });
    expect(await bob.ask({ op: 'getCard', locator: card.locator })).toMatchObject({ card: renewed.card });

    const thief = newOwner();
    const stolen = { ...card, ownerKey: thief.ownerKey, card: random(4096) };
    expect(await putCard(bob, thief, stolen)).toEqual(error('BAD_PROOF'));
    expect(await addPrekeys(bob, thief, stolen, 1)).toEqual(error('BAD_PROOF'));
    const { ownerKey, inviteId } = stolen;
    expect(await bob.askSigned({ op: 'removeCard', ownerKey, inviteId }, thief)).toEqual(error('BAD_PROOF'));
    expect(await bob.askSigned({ op: 'exportCard', ownerKey, inviteId }, thief)).toEqual(error('BAD_PROOF'));
    expect(await bob.ask({ op: 'getCard', locator: card.locator })).toMatchObject({ card: renewed.card });

    const remove = { op: 'removeCard', ownerKey: owner.ownerKey, inviteId: card.inviteId } as const;
    expect(await alice.askSigned(remove, owner)).toEqual(ok);
    expect(await alice.askSigned(remove, owner)).toEqual(error('GONE'));
    expect(await bob.ask({ op: 'getCard', locator: card.locator })).toEqual(error('GONE'));
    expect(await bob.ask({ op: 'takePrekey', locator: card.locator })).toEqual(error('GONE'));
    expect(await addPrekeys(alice, owner, card, 1)).toEqual(error('GONE'));
  });

  test('gives each prekey once, and one to a network in a minute', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock });
    const [alice, bob] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    const card = newCard(owner);
    const pool = prekeys(2);
    await putCard(alice, owner, card, pool);
    const take = { op: 'takePrekey', locator: card.locator } as const;

    // A card that is not there takes nothing from the rate.
    expect(await bob.ask({ op: 'takePrekey', locator: random(32) })).toEqual(error('GONE'));
    const first = await bob.ask(take);
    expect(await bob.ask(take)).toEqual({ op: 'error', id: 3, code: 'RATE_LIMITED', retryAfterMs: MINUTE_MS });
    expect(await alice.ask(take)).toEqual(error('RATE_LIMITED'));
    clock.advance(MINUTE_MS);
    const second = await bob.ask(take);
    clock.advance(MINUTE_MS);
    const third = await bob.ask(take);
    const taken = [first, second].map((answer) => (answer.op === 'ok' ? answer.prekey : undefined));
    expect(taken).toEqual(expect.arrayContaining(pool));
    // An empty pool is no error.
    expect(third).toEqual({ op: 'ok', id: expect.any(Number) });
  });

  test('has a pool of at most 200', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    const owner = newOwner();
    const card = newCard(owner);
    await putCard(client, owner, card, prekeys(40));
    for (let size = 80; size <= 200; size += 40) {
      expect(await addPrekeys(client, owner, card, 40)).toMatchObject({ op: 'ok', prekeys: size });
    }
    expect(await addPrekeys(client, owner, card, 1)).toEqual(error('OUT_OF_RANGE'));
    expect(await putCard(client, owner, { ...card, card: random(4096) }, prekeys(1))).toEqual(error('OUT_OF_RANGE'));
    expect(await client.ask({ op: 'getCard', locator: card.locator })).toMatchObject({ card: card.card });
    expect(await addPrekeys(client, owner, card, 0)).toMatchObject({ op: 'ok', prekeys: 200 });
  });

  test('is exported with its pool', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    const owner = newOwner();
    const card = newCard(owner);
    const pool = prekeys(7);
    await putCard(client, owner, card, pool);
    const { ownerKey, inviteId } = card;
    const items = [];
    let after: number | undefined;
    do {
      const page = { op: 'exportCard', ownerKey, inviteId, ...(after === undefined ? {} : { after }) } as const;
      const answer = await client.askSigned(page, owner);
      const { items: found = [], next } = answer as Extract<typeof answer, { op: 'ok' }>;
      items.push(...found);
      after = next;
    } while (after !== undefined);
    expect(items.map(({ kind }) => kind)).toEqual(['card', ...pool.map(() => 'prekey')]);
    expect(items.map(({ bytes }) => bytes)).toEqual([card.card, ...pool]);
    const missing = { op: 'exportCard', ownerKey, inviteId: random(32) } as const;
    expect(await client.askSigned(missing, owner)).toEqual(error('GONE'));
  });

  test('cards have a budget', async () => {
    const relay = await testRelay({ limits: { cards: 1, cardsPerHour: 3 } });
    const client = await relay.connect();
    const owner = newOwner();
    const card = newCard(owner);
    expect(await putCard(client, owner, card)).toEqual(ok);
    expect(await putCard(client, owner, newCard(owner))).toEqual(error('RELAY_FULL'));
    expect(await putCard(client, owner, newCard(owner))).toEqual(error('RELAY_FULL'));
    expect(await putCard(client, owner, newCard(owner))).toEqual(error('RATE_LIMITED'));
    // Replacing is free.
    expect(await putCard(client, owner, card)).toEqual(ok);
  });
});
