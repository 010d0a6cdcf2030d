import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, createSqlite, openIn } from './folders.ts';
import { cardOf, envelopeOf, HOUR, NOW, named, prekeyOf, WEEK } from './samples.ts';

/** The same things happen to each of so many mailboxes or cards. */
const LABELS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

type Rows = Record<string, number>[];

describe('rows do not tell how many there were before them (relay.md §8.2)', () => {
  test('envelopes of a mailbox', async () => {
    const { store, folder } = await createSqlite();
    for (const label of LABELS) {
      await store.openMailbox(named(label), NOW + WEEK, NOW);
      for (let i = 0; i < 30; i += 1) {
        const item = envelopeOf(label, `${label} ${i}`);
        await store.append([item], NOW);
        if (i < 29) {
          await store.ack(item.mailbox, [item.hash]);
        }
      }
    }
    await store.close();
    const rows = (await ask(path.join(folder, 'relay.sqlite'), 'SELECT seq FROM envelope')) as Rows;
    expect(rows).toHaveLength(LABELS.length);
    expect(new Set(rows.map(({ seq }) => seq)).size).toBeGreaterThan(1);
  });

  test('prekeys of a card', async () => {
    const { store, folder } = await createSqlite();
    for (const label of LABELS) {
      await store.putCard(cardOf(label, 'owner', 5), NOW);
      for (let i = 0; i < 30; i += 1) {
        await store.takePrekey(named(label), NOW);
        await store.addPrekeys(named(label), named('owner'), [prekeyOf(`${label} new ${i}`)], NOW);
      }
    }
    await store.close();
    const newest =
      'SELECT max(prekey.id) - card.id * 1048576 AS at FROM card JOIN prekey ON prekey.id / 1048576 = card.id GROUP BY card.id';
    const rows = (await ask(path.join(folder, 'relay.sqlite'), newest)) as Rows;
    expect(rows).toHaveLength(LABELS.length);
    expect(new Set(rows.map(({ at }) => at)).size).toBeGreaterThan(1);
  });
});

test('a card whose numbers are used up goes on in order, within its limit', async () => {
  const { store, folder } = await createSqlite({ prekeysPerCard: 10 });
  const card = cardOf('a', 'owner', 5);
  await store.putCard(card, NOW);
  await store.close();
  // As after a million prekeys.
  await ask(path.join(folder, 'relay.sqlite'), 'UPDATE prekey SET id = (id / 1048576 + 1) * 1048576 - 1 - id % 5');
  const reopened = await openIn(folder, { prekeysPerCard: 10 });
  const before = await reopened.exportCard(named('a'), named('owner'), 0, 10, NOW);
  const added = ['x', 'y', 'z'].map(prekeyOf);
  expect(await reopened.addPrekeys(named('a'), named('owner'), added, NOW + HOUR)).toEqual({ prekeys: 8 });
  expect(await reopened.addPrekeys(named('a'), named('owner'), added, NOW + HOUR)).toBe('full');
  const after = await reopened.exportCard(named('a'), named('owner'), 0, 10, NOW);
  if (typeof before === 'string' || typeof after === 'string') {
    throw new Error('the card is there');
  }
  expect(after.items).toEqual([...before.items, ...added]);
  for (const expected of after.items) {
    expect(await reopened.takePrekey(named('a'), NOW)).toEqual(expected);
  }
  expect(await reopened.totals()).toMatchObject({ prekeys: 0 });
});
