/** Who can read, where a chat lives, and what a thief gets: P1, P5, P18, P20. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Fingerprint, systemRandom } from '@secret-chat/crypto';
import { describe, expect, test } from 'vitest';
import { openDevice } from '../../src/index.ts';
import { openSqliteStore } from '../../src/node/index.ts';
import { meet } from '../media/pair.ts';
import { fileKeyOf } from '../support/file-key.ts';
import { bytesIn, foundIn } from '../support/searching.ts';
import { holds, Member, scene } from './member.ts';

const SECRET = 'the canary sings at nine';
const LINE = 'The heron lands at the weir by night. ';
/** Keys are drawn as 32 or 64 bytes; nonces and salts, which are no secret, as 24. */
const KEY_SIZES: readonly number[] = [32, 64];

describe('P1: Only the two devices of a chat can read its messages and files. Nobody else, the relay included, ever holds a key.', () => {
  test('of all that the relay is sent and keeps, nothing is a text, a file, or any key that either device drew', async () => {
    const drawn: Uint8Array[] = [];
    const random = (length: number) => {
      const bytes = systemRandom(length);
      drawn.push(new Uint8Array(bytes));
      return bytes;
    };
    const { relay, anna, ben } = await scene({ anna: { random }, ben: { random } });
    await anna.tell(ben, LINE);
    await ben.tell(anna, LINE);
    await anna.chat.sendFile(Buffer.from(LINE.repeat(5000)), { name: 'a.txt' });
    await ben.untilFile('fetched');
    const key = await fileKeyOf(ben.chat, (await ben.file()).n);
    // What is left for Ben while he is away lies in the relay's files.
    await ben.device.close();
    const { n } = await anna.chat.sendText(LINE);
    await holds(async () => (await anna.chat.message(n))?.state === 'sent', 'the relay has it');

    const sent = [anna, ben].flatMap(({ wire, pieces }) => [...wire.frames, ...pieces.uploads.values()]);
    // Shown to the relay on purpose: half of what the address of a mailbox is made of.
    const shown = new Set([anna, ben].flatMap(({ wire }) => wire.of('open').map((open) => hex(open.random))));
    const keys = drawn.filter((bytes) => KEY_SIZES.includes(bytes.length)).map(hex);
    const secret = Object.fromEntries(
      keys.filter((each) => !shown.has(each)).map((each) => [each, Buffer.from(each, 'hex')]),
    );
    expect(Object.keys(secret).length).toBeGreaterThan(30);
    expect(Object.keys(secret)).toContain(hex(key));
    expect(foundIn(sent, { ...secret, LINE })).toEqual([]);
    expect(relay.finds({ ...secret, LINE })).toEqual([]);
    // The search does find what is there: nonces.
    const nonces = drawn.filter(({ length }) => length === 24).map((bytes) => [hex(bytes), bytes]);
    expect(foundIn(sent, Object.fromEntries(nonces)).length).toBeGreaterThan(10);
  });

  test('a third device that is given every envelope of theirs opens none', async () => {
    const { relay, anna, ben } = await scene();
    const carol = await Member.join('Carol', relay);
    await meet(carol, anna);
    await anna.device.chat(2)?.sendText('for Carol');
    await carol.hears('for Carol');
    const address = anna.wire.of('put').at(-1)?.address as Uint8Array;
    for (let i = 0; i < 4; i += 1) {
      await anna.tell(ben, `for Ben ${i}`);
    }
    const envelopes = [...anna.wire.of('put'), ...ben.wire.of('put')].filter(
      (put) => hex(put.address) !== hex(address),
    );
    expect(envelopes.length).toBeGreaterThanOrEqual(4);
    for (const { envelope } of envelopes) {
      expect(await relay.ask({ op: 'put', id: 1, address, ttlHours: 1, envelope })).toMatchObject({ op: 'ok' });
    }
    await holds(async () => (await relay.totals()).envelopes === 0, 'Carol took them all');
    expect(carol.told('unreadable')).toHaveLength(1);
    expect(await carol.heardTexts()).toEqual(['for Carol']);
  });
});

describe('P20: Both people can check that nobody sits between them, by digits, words or a picture; each carries at least 128 bits.', () => {
  test('each form is the same on both devices, and carries 128 bits or more', async () => {
    const { anna, ben } = await scene();
    const [hers, his] = [anna.chat.fingerprint(), ben.chat.fingerprint()];
    expect(hers).toEqual(his);
    expect(Math.min(...bits(hers))).toBeGreaterThanOrEqual(128);
    await anna.chat.markVerified();
    expect([anna.chat.verified, ben.chat.verified]).toEqual([true, false]);
  });

  test('with somebody between them who passes everything on, every form differs', async () => {
    const { relay, anna, ben: mallory } = await scene();
    const ben = await Member.join('Ben', relay);
    await meet(mallory, ben);
    const [hers, his] = [anna.chat.fingerprint(), ben.chat.fingerprint()];
    expect(hers.digits).not.toEqual(his.digits);
    expect(hers.words).not.toEqual(his.words);
    expect(hers.picture).not.toEqual(his.picture);
  });
});

describe('P5: A chat lives on the device that began or accepted it. A copied store is useless without its passphrase or key file; two running copies, or an old one, leak nothing and are noticed with the first content from the other side.', () => {
  test('a new device of the same person, with the same passphrase, knows nothing of it', async () => {
    const { relay, anna, ben } = await scene();
    await anna.tell(ben, SECRET);
    const second = await Member.join(anna.name, relay);
    expect(second.device.chats).toEqual([]);
    expect(second.device.identityKey).not.toEqual(anna.device.identityKey);
  });

  test('a copied store opens with its passphrase alone', async () => {
    const { relay, anna, ben } = await scene();
    await anna.tell(ben, SECRET);
    await ben.device.close();
    const copy = async () => ({ store: await openSqliteStore(join(ben.folder, 'store')), transport: ben.wire });
    for (const wrong of [{ passphrase: 'correct horse battery stapl' }, { keyFile: new Uint8Array(32) }]) {
      await expect(openDevice({ ...(await copy()), ...wrong })).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    }
    expect(relay.finds({ SECRET })).toEqual([]);
    await ben.reopen();
    expect(await ben.heardTexts()).toEqual([SECRET]);
  });

  test('an old copy beside the original: noticed at the first word, and no nonce is used twice', async () => {
    const { anna, ben } = await scene();
    await anna.tell(ben, 'before the copy');
    const old = await ben.copied();
    await ben.tell(anna, 'after the copy');
    ben.wire.cut();
    await old.reopen();
    await old.chat.sendText('from the old one').catch(() => {});
    await anna.chat.sendText('who are you?');
    await holds(() => [anna, old].some(({ chat }) => chat.state === 'stale'), 'somebody notices');
    expect(await anna.heardTexts()).toEqual(['after the copy']);
    const envelopes = [anna, ben, old].flatMap(({ wire }) => wire.of('put').map(({ envelope }) => envelope));
    const whole = new Set(envelopes.map((envelope) => hex(envelope)));
    const nonces = new Set([...whole].map((envelope) => envelope.slice(0, 48)));
    expect(nonces.size).toBe(whole.size);
  });

  test('two running copies: the first is told that it was displaced, and stops', async () => {
    const { ben } = await scene();
    const second = await ben.copied();
    await second.reopen();
    await holds(() => ben.chat.state === 'stale', 'it stops');
    expect(ben.told('stale')).toMatchObject([{ why: 'displaced' }]);
  });
});

describe("P18: Who steals the relay's disk gets ciphertext and hashes of capabilities. Who steals a device's store gets ciphertext.", () => {
  test('the relay has the hash of every address, card and piece, and of none what opens it', async () => {
    const { relay, anna, ben } = await scene({ ben: { autoFetchBytes: -1 } });
    const { link } = await anna.device.createInvite({ reusable: true });
    const guest = await Member.join('Guest', relay);
    await guest.device.join(link);
    await anna.chat.sendFile(new Uint8Array(100_000), { name: 'a' });
    await ben.untilFile('remote');
    await ben.device.close();
    const { n } = await anna.chat.sendText(SECRET);
    await holds(async () => (await anna.chat.message(n))?.state === 'sent', 'it waits');

    const { address } = anna.wire.of('put').at(-1) as { readonly address: Uint8Array };
    const { locator } = guest.wire.of('getCard')[0] as { readonly locator: Uint8Array };
    const id = Buffer.from(anna.pieces.stored[0] as string, 'hex');
    const opens = { address, locator, 'id of a piece': id };
    const owners = anna.wire.of('open').flatMap(({ ownerKey, random }, i) => [
      [`owner ${i}`, ownerKey],
      [`half of an address ${i}`, random],
    ]);
    expect(relay.finds({ ...opens, ...Object.fromEntries(owners), SECRET, link })).toEqual([]);
    const hashes = Object.fromEntries(Object.entries(opens).map(([what, bytes]) => [what, sha256(bytes)]));
    expect(relay.finds(hashes)).toEqual(Object.keys(opens));
    // A hash opens nothing.
    const stolen = { op: 'put', id: 1, address: sha256(address), ttlHours: 1, envelope: new Uint8Array(4096) } as const;
    expect(await relay.ask(stolen)).toMatchObject({ code: 'GONE' });
    expect(await relay.ask({ op: 'getCard', id: 1, locator: sha256(locator) })).toMatchObject({ code: 'GONE' });
  });

  test('the store and the files of a device hold no word, name, key or address, while it is open and after', async () => {
    const { anna, ben } = await scene({ ben: { keepsSentFiles: true } });
    await anna.tell(ben, SECRET);
    await ben.chat.rename('Anna of the canaries');
    await ben.chat.sendFile(Buffer.from(SECRET.repeat(5000)), { name: 'canaries.txt' });
    const key = await fileKeyOf(anna.chat, (await anna.untilFile('fetched')).n);
    const wanted = {
      ...{ SECRET, 'given name': 'Anna of the canaries', 'their name': anna.name, 'own name': ben.name },
      ...{ 'name of a file': 'canaries.txt', 'key of a file': key, identity: ben.device.identityKey },
      address: ben.wire.of('put').at(-1)?.address as Uint8Array,
    };
    expect(foundIn(bytesIn(ben.folder), wanted)).toEqual([]);
    await ben.device.close();
    expect(foundIn(bytesIn(ben.folder), wanted)).toEqual([]);
    expect(Buffer.concat(bytesIn(ben.folder)).length).toBeGreaterThan(100_000);
    await ben.reopen();
    expect([await ben.heardTexts(), ben.chat.name]).toEqual([[SECRET], 'Anna of the canaries']);
  });
});

/** Of digits, of words out of 2048, and of a square picture in 8 colours whose right half mirrors the left. */
function bits({ digits, words, picture }: Fingerprint): number[] {
  const side = Math.sqrt(picture.length);
  const own = side * Math.ceil(side / 2);
  return [digits.join('').length * Math.log2(10), words.length * Math.log2(2048), own * Math.log2(8)];
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
