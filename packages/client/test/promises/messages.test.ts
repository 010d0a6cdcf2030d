/** Files, and what becomes of a message: P6, P7, P9, P10, P11, P12. */

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { sharpPhotos } from '../../src/node/index.ts';
import { isSame, sample, until } from '../media/pair.ts';
import { fileKeyOf } from '../support/file-key.ts';
import { foundIn } from '../support/searching.ts';
import { holds, type Member, scene } from './member.ts';
import { rowsOf } from './relay-on-disk.ts';

const DAY = 86_400_000;
const SIZE = 1_500_000;
/** Nothing is fetched by itself, so that the relay keeps it. */
const LEAVES_IT = { autoFetchBytes: -1 };

const stateOf = async (person: Member, n: number) => (await person.chat.message(n))?.state;
const isThere = async (person: Member, n: number) => (await person.chat.message(n)) !== undefined;

/** Sends it, and resolves when all of its pieces are on the relay; with them, by their ids. */
async function send(from: Member, to: Member, bytes: Uint8Array, count: number): Promise<Map<string, Uint8Array>> {
  const before = new Set(from.pieces.uploads.keys());
  await from.chat.sendFile(bytes, { name: 'heron.bin', mediaType: 'video/x-heron' });
  await to.untilFile('remote', count);
  return new Map([...from.pieces.uploads].filter(([id]) => !before.has(id)));
}

describe('P6: Every file is encrypted before upload under a key of its own that the relay does not know. Key and location travel encrypted once more, inside the chat.', () => {
  test('two files have two keys; what goes up holds neither content, name, type nor key, and the recipient opens it', async () => {
    const { relay, anna, ben } = await scene({ ben: LEAVES_IT });
    const bytes = [sample(SIZE, 1), sample(SIZE, 2)] as const;
    await send(anna, ben, bytes[0], 1);
    const first = await ben.file();
    const firstKey = await fileKeyOf(ben.chat, first.n);
    await send(anna, ben, bytes[1], 2);
    const second = await ben.file();
    const secondKey = await fileKeyOf(ben.chat, second.n);
    expect(isSame(firstKey, secondKey)).toBe(false);
    const secrets = {
      ...{ 'key of the first': firstKey, 'key of the second': secondKey },
      ...{ 'the first': bytes[0], 'the second': bytes[1], name: 'heron.bin', type: 'video/x-heron' },
    };
    const sent = [anna, ben].flatMap(({ wire, pieces }) => [...wire.frames, ...pieces.uploads.values()]);
    expect(foundIn(sent, secrets)).toEqual([]);
    expect(relay.finds(secrets)).toEqual([]);
    expect(isSame(await ben.content(first.n), bytes[0])).toBe(true);
    expect(isSame(await ben.content(second.n), bytes[1])).toBe(true);
  });

  test('where its pieces are is told inside the chat alone: no frame of a chat shows the id of a piece', async () => {
    const { anna, ben } = await scene({ ben: LEAVES_IT });
    const pieces = await send(anna, ben, sample(SIZE), 1);
    const { n } = await ben.file();
    const ids = Object.fromEntries([...pieces.keys()].map((id) => [id, Buffer.from(id, 'hex')]));
    expect(foundIn([...anna.wire.frames, ...ben.wire.frames], ids)).toEqual([]);
    await ben.chat.fetchFile(n);
    expect([...new Set(ben.pieces.gets)].sort()).toEqual(Object.keys(ids).sort());
  });
});

describe('P7: A stored file is random-looking pieces that cannot be matched to each other, to a chat or to a person by their bytes, names or stored data. The same file twice gives unrelated pieces.', () => {
  test('of the same file twice, no two pieces share 16 bytes, an id, or anything stored but sizes and hours', async () => {
    const { relay, anna, ben } = await scene({ ben: LEAVES_IT });
    const bytes = new Uint8Array(SIZE);
    const first = await send(anna, ben, bytes, 1);
    const second = await send(anna, ben, bytes, 2);
    expect(first.size).toBeGreaterThan(1);
    expect(second.size).toBe(first.size);
    const blocks = [...first.values(), ...second.values()].flatMap(inBlocks);
    expect(new Set(blocks).size).toBe(blocks.length);

    await relay.stop();
    const rows = rowsOf(relay.folder, 'SELECT * FROM relay.piece');
    const ids = [...first.keys(), ...second.keys()];
    const names = ids.map((id) => createHash('sha256').update(Buffer.from(id, 'hex')).digest('hex'));
    expect(rows.map(({ name }) => hex(name)).sort()).toEqual([...names].sort());
    const values = rows.flatMap(({ name, delete_hash }) => [hex(name), hex(delete_hash)]);
    expect(new Set(values).size).toBe(2 * rows.length);
    expect(rows.map((row) => Object.keys(row).sort())).toEqual(
      rows.map(() => ['delete_hash', 'expires_at', 'name', 'size']),
    );
    const addresses = [anna, ben].flatMap(({ wire }) => wire.of('put').map(({ address }, i) => [`${i}`, address]));
    expect(foundIn([...first.values(), ...second.values()], Object.fromEntries(addresses))).toEqual([]);
  });

  test('fetched, no piece of it is left on the relay', async () => {
    const { relay, anna, ben } = await scene({ ben: LEAVES_IT });
    const pieces = await send(anna, ben, sample(SIZE), 1);
    expect((await relay.totals()).pieces).toBe(pieces.size);
    await ben.chat.fetchFile((await ben.file()).n);
    await holds(async () => (await relay.totals()).pieces === 0, 'the relay has none');
    await holds(() => relay.finds(Object.fromEntries(pieces)).length === 0, 'nor its files');
  });
});

describe('P9: Deleting a message tells the other device to delete it too; clearing a history clears both sides; ending a chat ends it on both. What is shown is what is known: asked, then confirmed.', () => {
  test('deleted here at once, and there when that device hears of it: until then it is only asked', async () => {
    const { anna, ben } = await scene();
    const { mine, theirs } = await anna.tell(ben, 'a slip of the tongue');
    ben.wire.cut();
    await anna.chat.deleteMessages(mine);
    expect(await isThere(anna, mine)).toBe(false);
    expect(await isThere(ben, theirs)).toBe(true);
    await holds(() => anna.wire.of('put').length > 3, 'it was sent');
    const told = () => anna.told('deletion').map(({ numbers, state }) => [...numbers, state]);
    expect(told()).toEqual([[mine, 'asked']]);
    ben.wire.mend();
    ben.device.retryNow();
    await ben.destroyed(theirs);
    expect(await isThere(ben, theirs)).toBe(false);
    await holds(() => told().length === 2, 'an answer');
    expect(told()[1]).toEqual([mine, 'confirmed']);
  });

  test('a history is cleared, and a chat ended, on both sides', async () => {
    const { relay, anna, ben } = await scene();
    const { theirs } = await anna.tell(ben, 'one');
    await ben.tell(anna, 'two');
    await anna.chat.clear();
    await ben.destroyed(theirs);
    expect([await anna.chat.messages(), await ben.chat.messages()]).toEqual([[], []]);
    await ben.tell(anna, 'three');
    await ben.chat.end();
    await holds(() => anna.device.chats.length === 0 && ben.device.chats.length === 0, 'no chat on either side');
    expect(anna.told('ended')).toMatchObject([{ why: 'endedByThem' }]);
    await holds(async () => (await relay.totals()).mailboxes === 0, 'nor at the relay');
  });
});

describe('P10: A message can be ordered to destroy itself: the countdown starts when it is read, is on the disk before it is shown, and both devices destroy it when it runs out.', () => {
  test('unread it stays for days; read, it is gone on both devices after its seconds', async () => {
    const { anna, ben } = await scene();
    await anna.chat.setTimer(30);
    const { mine, theirs } = await anna.tell(ben, 'for thirty seconds');
    for (const { clock } of [anna, ben]) {
      clock.advance(2 * DAY);
    }
    expect(await ben.chat.message(theirs)).not.toHaveProperty('endsAt');
    await ben.reads(theirs);
    expect(await ben.chat.message(theirs)).toHaveProperty('endsAt');
    await holds(async () => (await stateOf(anna, mine)) !== 'sent', 'the receipt came');
    for (const { clock } of [anna, ben]) {
      clock.advance(31_000);
    }
    await Promise.all([anna.destroyed(mine), ben.destroyed(theirs)]);
    expect([await isThere(anna, mine), await isThere(ben, theirs)]).toEqual([false, false]);
    expect([...anna.told('destroyed'), ...ben.told('destroyed')].map(({ why }) => why)).toEqual(['timer', 'timer']);
  });

  test('what was read and then run out while the program was off is not shown again', async () => {
    const { anna, ben } = await scene();
    await anna.chat.setTimer(30);
    const { theirs } = await anna.tell(ben, 'for thirty seconds');
    await ben.reads(theirs);
    // From here on the disk alone knows.
    const copy = await ben.copied();
    copy.clock.advance(31_000);
    await copy.reopen();
    expect(await isThere(copy, theirs)).toBe(false);
    expect(copy.told('destroyed')).toMatchObject([{ n: theirs, why: 'timer' }]);
  });
});

describe('P11: Media with a timer under one minute is hidden (a blurred preview) until viewed; viewing it starts its timer.', () => {
  test('reading shows the blurred preview and starts nothing; viewing does', async () => {
    const { anna, ben } = await scene({ anna: { photos: sharpPhotos() } });
    await anna.chat.setTimer(59);
    const picture = { create: { width: 60, height: 40, channels: 3, background: '#a04020' } } as const;
    await anna.chat.sendPhoto(await sharp(picture).png().toBuffer());
    const { n } = await until(async () => (await ben.chat.messages()).find(({ kind }) => kind === 'hidden'), 'a photo');
    const hidden = await ben.chat.message(n);
    expect(hidden).toMatchObject({ kind: 'hidden', what: 'file', preview: expect.any(Uint8Array) });
    expect(hidden).not.toHaveProperty('file');
    await ben.reads(n);
    ben.clock.advance(DAY);
    expect(await ben.chat.message(n)).toMatchObject({ kind: 'hidden', state: 'read' });
    expect(await ben.chat.message(n)).not.toHaveProperty('endsAt');

    expect(await ben.chat.view(n)).toMatchObject({ kind: 'file', endsAt: expect.any(Number) });
    ben.clock.advance(60_000);
    await ben.destroyed(n);
    expect(await isThere(ben, n)).toBe(false);
  });
});

describe('P12: One check: the relay has it. Two checks: the other person has read it.', () => {
  test('none before the relay’s answer, one from then on, and two when it was read, not when it arrived', async () => {
    const { anna, ben } = await scene();
    anna.wire.hold();
    const { mine, theirs } = await anna.tell(ben, 'can you see it?');
    expect(await stateOf(anna, mine)).toBe('queued');
    anna.wire.release();
    await holds(async () => (await stateOf(anna, mine)) === 'sent', 'one check');
    // Their answer says that it arrived, and still not that it was read.
    await ben.tell(anna, 'something else');
    expect(await stateOf(anna, mine)).toBe('sent');
    await ben.reads(theirs);
    await holds(async () => (await stateOf(anna, mine)) === 'read', 'two checks');
    expect(anna.told('state').map(({ n, state }) => (n === mine ? state : ''))).toEqual(['sent', 'read']);
  });
});

function inBlocks(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return Array.from({ length: text.length / 16 }, (_, i) => text.slice(16 * i, 16 * i + 16));
}

function hex(value: unknown): string {
  return Buffer.from(value as Uint8Array).toString('hex');
}
