/** What people can do about all that is theirs, and who is let in: P14, P15, P16, P19. */

import type { Reply, RequestOf } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { until } from '../media/pair.ts';
import { bytesIn, foundIn } from '../support/searching.ts';
import { holds, Member, scene } from './member.ts';

describe('P14: An account can be deleted at once, and nothing of it stays; it cannot be undone, and an interrupted deletion finishes.', () => {
  const NOTHING = { mailboxes: 0, envelopes: 0, cards: 0, prekeys: 0, pieces: 0 };

  test('no file, no mailbox, no card; the other side is told; what opens the folder next is somebody new', async () => {
    const { relay, anna, ben } = await scene({ ben: { autoFetchBytes: -1 } });
    await anna.tell(ben, 'remember me');
    await anna.chat.sendFile(new Uint8Array(50_000), { name: 'a' });
    await anna.untilFile('up');
    await anna.device.createInvite({ reusable: true });
    const { identityKey } = anna.device;
    expect(await anna.device.deleteAccount()).toEqual({ done: true, left: 0 });
    expect(Buffer.concat(bytesIn(anna.folder).slice(1))).toHaveLength(0);
    await holds(() => ben.told('ended').length === 1, 'Ben is told');
    await holds(async () => JSON.stringify(await relay.totals()) === JSON.stringify(NOTHING), 'the relay has nothing');
    await anna.reopen();
    expect(anna.device.chats).toEqual([]);
    expect(anna.device.identityKey).not.toEqual(identityKey);
  });

  test('begun without a network and interrupted, it shows nothing any more, and finishes at the next start', async () => {
    const { relay, anna, ben } = await scene();
    anna.wire.cut();
    const asked = anna.device.deleteAccount();
    await holds(() => anna.device.deleting, 'it has begun');
    anna.clock.advance(30_000);
    expect(await asked).toMatchObject({ done: false });
    await anna.device.close();
    await anna.reopen();
    expect([anna.device.deleting, anna.device.chats]).toEqual([true, []]);
    expect(ben.chat.state).toBe('open');
    anna.wire.mend();
    anna.device.retryNow();
    await holds(() => anna.told('deleted').length === 1, 'it is finished');
    expect(Buffer.concat(bytesIn(anna.folder).slice(1))).toHaveLength(0);
    await holds(() => ben.device.chats.length === 0, 'Ben is told');
    await holds(async () => (await relay.totals()).mailboxes === 0, 'the relay has nothing');
  });
});

describe('P15: A user can get a copy of everything that the relay stores for them, in a documented form.', () => {
  test('what two people get together is all that the relay holds, and it is what was put', async () => {
    const { relay, anna, ben } = await scene({ ben: { autoFetchBytes: -1 } });
    await holds(async () => (await relay.totals()).envelopes === 0, 'everything is fetched');
    await ben.device.createInvite({ reusable: true });
    await anna.chat.sendFile(new Uint8Array(300_000), { name: 'a' });
    await ben.untilFile('remote');
    // Ben has it, and the relay does not hear of it: so it keeps it.
    ben.wire.lost.add('ack');
    await anna.tell(ben, 'kept');
    const sent = anna.wire.of('put').at(-1)?.envelope as Uint8Array;

    const [hers, his] = await Promise.all([anna.device.exportRelayData(), ben.device.exportRelayData()]);
    expect([hers.unreachable, his.unreachable]).toEqual([[], []]);
    const all = (['mailboxes', 'cards', 'pieces'] as const).map((kind) => [kind, hers[kind].length + his[kind].length]);
    const boxes = [...hers.mailboxes, ...his.mailboxes];
    expect({
      ...Object.fromEntries(all),
      envelopes: boxes.reduce((sum, { envelopes }) => sum + envelopes.length, 0),
      prekeys: his.cards.reduce((sum, { prekeys }) => sum + prekeys.length, 0),
    }).toEqual(await relay.totals());
    const kept = his.mailboxes.flatMap(({ envelopes }) => envelopes.map(({ bytes }) => bytes));
    expect(kept).toContain(base64(sent));
    expect(his.cards[0]?.bytes).toBe(base64(ben.wire.of('putCard').at(-1)?.card as Uint8Array));
    expect(hers.pieces.map(({ bytes }) => bytes).sort()).toEqual([...anna.pieces.uploads.values()].map(base64).sort());
  });

  test('it is JSON, with words for each part and nothing that needs this program', async () => {
    const { anna } = await scene();
    const data = await anna.device.exportRelayData();
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
    expect(data).toMatchObject({ format: 'secret-chat relay export', version: 1 });
    const parts = Object.keys(data).filter(
      (part) => Array.isArray(data[part as keyof typeof data]) && part !== 'relays',
    );
    expect(parts.filter((part) => !Object.hasOwn(data.words, part))).toEqual([]);
  });
});

describe('P16: No phone number, e-mail or real name. The name you show is what you choose; the name you give a contact stays on your device.', () => {
  test('a device needs one name, which a contact sees and the relay does not', async () => {
    const { relay, anna, ben } = await scene();
    expect([anna.chat.name, ben.chat.name]).toEqual([ben.name, anna.name]);
    await anna.tell(ben, 'hello');
    const names = { anna: anna.name, ben: ben.name };
    expect(foundIn([...anna.wire.frames, ...ben.wire.frames], names)).toEqual([]);
    expect(relay.finds(names)).toEqual([]);
    const again = await Member.join('x', relay);
    expect(again.device.name).toBe('x');
  });

  test('a name that is given to a contact is sent in no form: nothing at all is put because of it', async () => {
    const { anna, ben } = await scene();
    await ben.tell(anna, 'one');
    // Carries whatever Anna still owed.
    await anna.tell(ben, 'two');
    const before = anna.wire.of('put').length;
    await anna.chat.rename('Ben from the choir');
    expect([anna.chat.name, anna.chat.theirName]).toEqual(['Ben from the choir', ben.name]);
    await anna.tell(ben, 'three');
    expect(anna.wire.of('put').length).toBe(before + 1);
    expect(ben.device.name).toBe(ben.name);
  });
});

describe('P19: Strangers can be kept out: a request must be accepted, a chat can be blocked, an invite can be revoked, and then its address accepts nothing.', () => {
  /** Somebody with a reusable invite of Anna's. */
  async function asked() {
    const { relay, anna } = await scene();
    const { n, link } = await anna.device.createInvite({ reusable: true });
    const stranger = await Member.join('Stranger', relay);
    const chat = await stranger.device.join(link, { text: 'let me in' });
    const request = await until(() => anna.device.chats.find(({ state }) => state === 'requested'), 'a request');
    return { relay, anna, stranger, invite: n, link, chat, request };
  }

  const put = (address: Uint8Array): RequestOf<'put'> => ({
    ...{ op: 'put', id: 1, address, ttlHours: 1 },
    envelope: new Uint8Array(4096),
  });
  const gone: Partial<Reply> = { op: 'error', code: 'GONE' };

  test('who was not accepted delivers the request and nothing else', async () => {
    const { anna, stranger, chat, request } = await asked();
    await chat.sendText('and now buy this');
    // Puts all that may be put.
    await stranger.device.close();
    expect(stranger.wire.of('put')).toHaveLength(1);
    expect(await request.messages()).toMatchObject([{ text: 'let me in' }]);
    await stranger.reopen();
    await request.accept();
    await anna.hears('and now buy this');
  });

  test('who was blocked reaches nobody, and no new request of theirs is shown', async () => {
    const { relay, anna, stranger, link, chat, request } = await asked();
    await request.accept();
    await holds(() => chat.state === 'open', 'it is open');
    await chat.sendText('hello');
    await anna.hears('hello');
    const address = stranger.wire.of('put').at(-1)?.address as Uint8Array;
    await request.block();
    await holds(async () => (await relay.ask(put(address))).op === 'error', 'its mailbox is closed');
    expect(await relay.ask(put(address))).toMatchObject(gone);
    const again = await stranger.device.join(link, { text: 'me again' });
    await holds(() => stranger.told('state').some((event) => event.chat === again.n && event.state === 'sent'), 'put');
    await holds(async () => (await relay.totals()).envelopes === 0, 'it was fetched');
    // Whatever comes after it is told.
    const other = await Member.join('Somebody else', relay);
    await other.device.join(link);
    await until(() => anna.told('request').find(({ name }) => name === other.name), 'another request');
    expect(anna.told('request').map(({ name }) => name)).toEqual(['Ben Buchfink', 'Stranger', other.name]);
  });

  test('of an invite that was revoked, neither card nor address answers any more', async () => {
    const { relay, anna, stranger, invite, link } = await asked();
    const { address } = stranger.wire.of('put')[0] as RequestOf<'put'>;
    expect(await relay.ask(put(address))).toMatchObject({ op: 'ok' });
    await anna.device.revokeInvite(invite);
    await holds(async () => (await relay.totals()).cards === 0, 'the relay was told');
    await holds(async () => (await relay.ask(put(address))).op === 'error', 'its address is closed');
    expect(await relay.ask(put(address))).toMatchObject(gone);
    const late = await Member.join('Late', relay);
    await expect(late.device.join(link)).rejects.toMatchObject({ code: 'INVITE_GONE' });
  });
});

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
