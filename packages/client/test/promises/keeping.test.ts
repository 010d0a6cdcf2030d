/** What a relay keeps, and for how long: P2, P3, P4, P8, P13, P17. */

import { createHash } from 'node:crypto';
import { ENVELOPE_SIZES, PIECE_SIZES, PREKEY_SIZE, type RequestOf } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { meet, sample } from '../media/pair.ts';
import { bytesIn, foundIn } from '../support/searching.ts';
import { WatchedRelay } from '../support/watched-relay.ts';
import { holds, Member, type Scene, scene } from './member.ts';
import { RelayOnDisk, rowsOf } from './relay-on-disk.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const WEEK_SECONDS = WEEK / 1000;
const NEVER_SECONDS = 1_000_000;
/** Bits that are set, by byte. */
const ONES = Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** Ben is away, Anna wrote to him and left too: this is what the relay keeps of it. */
async function waiting({ relay, anna, ben }: Scene): Promise<Uint8Array> {
  await holds(async () => (await relay.totals()).envelopes === 0, 'everything is fetched');
  await ben.device.close();
  const { n } = await anna.chat.sendText('for later');
  await holds(async () => (await anna.chat.message(n))?.state === 'sent', 'the relay has it');
  await anna.device.close();
  return anna.wire.of('put').at(-1)?.envelope as Uint8Array;
}

describe('P2: What the relay holds looks like random bytes of a few fixed sizes. It learns neither content, nor length, nor kind: text, receipt, deletion and timer look alike.', () => {
  test('whatever is done, the same form is put: one size, one life, and nothing that stands at the same place', async () => {
    const { anna, ben } = await scene();
    const { mine, theirs } = await anna.tell(ben, 'x');
    await anna.tell(ben, 'y'.repeat(1500));
    await ben.reads(theirs);
    await holds(async () => (await anna.chat.message(mine))?.state === 'read', 'a receipt came');
    await anna.chat.setTimer(60);
    await holds(() => ben.chat.timer === 60, 'a timer came');
    await anna.chat.deleteMessages(mine);
    await ben.destroyed(theirs);
    const puts = [...anna.wire.of('put'), ...ben.wire.of('put')];
    expect(puts.length).toBeGreaterThanOrEqual(6);
    const forms = puts.map(({ id: _, address, envelope, ...rest }) => ({
      ...rest,
      address: address.length,
      envelope: envelope.length,
    }));
    expect(new Set(forms.map((form) => JSON.stringify(form))).size).toBe(1);
    expectNothingFixed(puts.map(({ envelope }) => envelope));
    expectRandom(puts.map(({ envelope }) => envelope));
  });

  test('cards, prekeys, envelopes and pieces have a few sizes, whatever is in them', async () => {
    const { anna, ben } = await scene();
    await anna.tell(ben, 'z'.repeat(6000));
    await anna.chat.sendFile(sample(10), { name: 'ten bytes' });
    await anna.chat.sendFile(sample(1_100_000), { name: 'a little more than the largest piece' });
    await ben.untilFile('fetched', 2);
    const [put] = anna.wire.of('putCard');
    expect(put?.card.length).toBe(4096);
    const prekeys = anna.wire.of('addPrekeys').flatMap((add) => add.prekeys);
    expect(new Set(prekeys.map(({ length }) => length))).toEqual(new Set([PREKEY_SIZE]));
    expect(new Set(anna.wire.of('put').map(({ envelope }) => envelope.length))).toEqual(new Set(ENVELOPE_SIZES));
    const pieces = [...anna.pieces.uploads.values()];
    expect(new Set(pieces.map(({ length }) => length))).toEqual(new Set(PIECE_SIZES));
    expectRandom([put?.card as Uint8Array, ...prekeys, ...pieces]);
  });
});

describe('P3: The relay keeps an envelope until its owner acknowledged it, at latest until its expiry, rounded up to the hour.', () => {
  test('it lies in its files while its owner is away, and nowhere once he has it', async () => {
    const { relay, anna, ben } = await scene();
    const envelope = await waiting({ relay, anna, ben });
    expect(relay.finds({ envelope })).toEqual(['envelope']);
    await ben.reopen();
    await ben.hears('for later');
    await holds(async () => (await relay.totals()).envelopes === 0, 'none is held');
    await holds(() => relay.finds({ envelope }).length === 0, 'none is in a file');
  });

  test('fetched by nobody, it stays until its time is over, and not longer than to the end of that hour', async () => {
    const { relay, anna, ben } = await scene();
    const envelope = await waiting({ relay, anna, ben });
    const hours = anna.wire.of('put').at(-1)?.ttlHours as number;
    relay.forward(hours * HOUR - 10 * MINUTE);
    await relay.purge();
    expect(relay.finds({ envelope })).toEqual(['envelope']);
    relay.forward(HOUR + 10 * MINUTE);
    await relay.purge();
    expect(relay.finds({ envelope })).toEqual([]);
    expect((await relay.totals()).envelopes).toBe(0);
  });
});

describe('P4: No logs: some seconds after delivery nothing that the relay keeps (tables, files, freed pages, write-ahead log, output, metrics) says who messaged or when.', () => {
  test('of a conversation with a file only two mailboxes are left, with names that are hashes and dates of a week', async () => {
    const relay = await WatchedRelay.start(['--checkpoint-seconds', '0.2']);
    const anna = await Member.join('Anna Amsel', relay);
    const ben = await Member.join('Ben Buchfink', relay);
    await meet(anna, ben);
    for (let i = 0; i < 5; i += 1) {
      await anna.tell(ben, `question ${i}`);
      await ben.tell(anna, `answer ${i}`);
    }
    await anna.chat.sendFile(new Uint8Array(100_000), { name: 'a' });
    await ben.untilFile('fetched');
    await anna.untilFile('fetched');

    const { data } = relay.process;
    const passed = Object.fromEntries(
      [anna, ben].flatMap(({ name, wire, pieces }) => [
        ...wire.of('put').flatMap(({ address, envelope }, i) => [
          [`${name}'s envelope ${i}`, envelope],
          [`hash of ${name}'s envelope ${i}`, sha256(envelope)],
          [`address of ${name}'s envelope ${i}`, address],
        ]),
        ...wire.of('putCard').map(({ card }, i) => [`${name}'s card ${i}`, card]),
        ...[...pieces.uploads].flatMap(([id, piece]) => [
          [`${name}'s piece ${id}`, piece],
          [`name of ${name}'s piece ${id}`, sha256(Buffer.from(id, 'hex'))],
        ]),
      ]),
    ) as Record<string, Uint8Array>;
    expect(Object.keys(passed).length).toBeGreaterThan(35);
    await holds(() => foundIn(bytesIn(data), passed).length === 0, 'nothing of it is in any file');
    const metrics = Buffer.from(await relay.metrics());
    expect(metrics.toString()).toContain('secret_chat_relay_mailboxes 2');
    await relay.process.stop();
    expect(foundIn([...bytesIn(data), metrics, Buffer.from(relay.process.said)], passed)).toEqual([]);

    expect(relay.process.said).not.toMatch(/[0-9a-f]{16}|[A-Za-z0-9+/]{40}/);
    expect(
      relay.process.said
        .trim()
        .split('\n')
        .map((line) => line.split(/[ :]+/, 2).join(' ')),
    ).toEqual(['relay started', 'relay is', 'relay data', 'relay metrics', 'relay stopped']);
    for (const table of ['envelope', 'card', 'prekey', 'piece']) {
      expect(rowsOf(data, `SELECT * FROM relay.${table}`)).toEqual([]);
    }
    const mailboxes = rowsOf(data, 'SELECT * FROM relay.mailbox');
    expect(mailboxes.map((row) => Object.keys(row))).toEqual(Array(2).fill(['name', 'id', 'expires_at']));
    expect(mailboxes.every(({ expires_at }) => Number(expires_at) % WEEK_SECONDS === 0)).toBe(true);
  });
});

describe('P8: The relay purges what expired every few minutes, and at its start what expired while it was down.', () => {
  test('by itself, while it runs', async () => {
    const relay = await RelayOnDisk.start({ purgeSeconds: 0.2 });
    const envelope = await waiting(await scene({ relay }));
    expect(relay.finds({ envelope })).toEqual(['envelope']);
    relay.forward(31 * 24 * HOUR);
    await holds(() => relay.finds({ envelope }).length === 0, 'it was purged');
  });

  test('before it listens, when it starts', async () => {
    const relay = await RelayOnDisk.start({ purgeSeconds: NEVER_SECONDS });
    const envelope = await waiting(await scene({ relay }));
    await relay.stop();
    relay.forward(31 * 24 * HOUR);
    expect(relay.finds({ envelope })).toEqual(['envelope']);
    await relay.run(relay.port, { purgeSeconds: NEVER_SECONDS, checkpointSeconds: NEVER_SECONDS });
    expect(relay.finds({ envelope })).toEqual([]);
  });
});

describe('P13: What is not used for 6 months deletes itself: mailboxes, cards, and everything under them. The owner can change the period, from 1 week to 24 months.', () => {
  const NOTHING = { mailboxes: 0, envelopes: 0, cards: 0, prekeys: 0, pieces: 0 };

  test('mailboxes, cards, prekeys and what waits are there after 25 weeks, and gone after 27', async () => {
    const { relay, anna, ben } = await scene();
    await anna.device.createInvite({ reusable: true });
    await Promise.all([anna.device.close(), ben.device.close()]);
    relay.forward(25 * WEEK);
    await relay.purge();
    expect(await relay.totals()).toMatchObject({ mailboxes: 3, cards: 1 });
    relay.forward(2 * WEEK);
    await relay.purge();
    expect(await relay.totals()).toEqual(NOTHING);
  });

  test.each([
    [1, 2],
    [104, 105],
  ])('%d weeks, if the owner says so; not 0, and not 105', async (weeks, over) => {
    const { relay, anna, ben } = await scene();
    await ben.chat.end();
    await holds(() => anna.device.chats.length === 0, 'nothing is left but what comes');
    await holds(async () => (await relay.totals()).mailboxes === 0, 'nor at the relay');
    await anna.device.setAccountTtl(weeks);
    await expect(anna.device.setAccountTtl(0)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(anna.device.setAccountTtl(105)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await anna.device.createInvite({ reusable: true });
    await anna.device.close();
    relay.forward(weeks * WEEK - HOUR);
    await relay.purge();
    expect(await relay.totals()).toMatchObject({ mailboxes: 1, cards: 1 });
    relay.forward((over - weeks) * WEEK + HOUR);
    await relay.purge();
    expect(await relay.totals()).toEqual(NOTHING);
  });
});

describe('P17: The relay stores only what it needs, as long as it needs it. Rate limits keep network addresses in memory, and never on disk.', () => {
  /** Every column of every table, and what it is needed for. */
  const COLUMNS = {
    mailbox: ['name: a hash of its address', 'id', 'expires_at'],
    envelope: [
      'id',
      'mailbox',
      'seq: the order in one mailbox',
      'expires_at',
      'size',
      'hash: against a second put',
      'body',
    ],
    card: ['id', 'invite_id', 'owner: a hash of its key', 'expires_at', 'idle_weeks: for a renewal', 'body'],
    prekey: ['id', 'body'],
    piece: ['name: a hash of its id', 'delete_hash', 'size', 'expires_at'],
  };

  test('its tables have these columns and no other, and no row when a chat is over', async () => {
    const { relay, anna, ben } = await scene();
    await anna.tell(ben, 'something to keep');
    await anna.chat.end();
    await holds(async () => (await relay.totals()).mailboxes === 0, 'the end is told');
    await relay.stop();
    const tables = rowsOf(relay.folder, "SELECT name FROM relay.sqlite_schema WHERE type = 'table' ORDER BY name");
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(COLUMNS).sort());
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const names = rowsOf(relay.folder, `SELECT name FROM pragma_table_info('${table}', 'relay')`);
      expect(names.map(({ name }) => name)).toEqual(columns.map((column) => column.split(':')[0]));
      expect(rowsOf(relay.folder, `SELECT * FROM relay.${table}`)).toEqual([]);
    }
  });

  test('a network that asks too much is refused, and no file says which it was', async () => {
    const relay = await RelayOnDisk.start({ prekeysPerMinute: 1 });
    const anna = await Member.join('Anna', relay);
    const ben = await Member.join('Ben', relay);
    const { link } = await anna.device.createInvite({ reusable: true });
    await ben.device.join(link);
    const { locator } = ben.wire.of('takePrekey')[0] as RequestOf<'takePrekey'>;
    const [greedy, modest] = ['192.0.2.77', '198.51.100.9'];
    const ask = (network: string) => relay.ask({ op: 'takePrekey', id: 1, locator }, network);
    expect(await ask(greedy)).toMatchObject({ op: 'ok' });
    expect(await ask(greedy)).toMatchObject({ code: 'RATE_LIMITED' });
    expect(await ask(modest)).toMatchObject({ op: 'ok' });
    expect(relay.finds({ greedy, modest })).toEqual([]);
    expect(await relay.metrics()).not.toMatch(/192\.0\.2|198\.51/);
  });
});

/** No byte is the same in all, at any place of them. */
function expectNothingFixed(all: readonly Uint8Array[]): void {
  const [first = new Uint8Array(), ...others] = all;
  const fixed = [...first.keys()].filter((at) => others.every((bytes) => bytes[at] === first[at]));
  expect(fixed).toEqual([]);
}

/** No 16 bytes come twice, and ones are as many as zeros. */
function expectRandom(all: readonly Uint8Array[]): void {
  const blocks = all.flatMap((bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    return Array.from({ length: text.length / 16 }, (_, i) => text.slice(16 * i, 16 * i + 16));
  });
  expect(new Set(blocks).size).toBe(blocks.length);
  for (const bytes of all) {
    const ones = bytes.reduce((sum, byte) => sum + (ONES[byte] as number), 0);
    // Six standard deviations.
    expect(Math.abs(ones - 4 * bytes.length)).toBeLessThan(6 * Math.sqrt(2 * bytes.length));
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
