import { describe, expect, test } from 'vitest';
import { type Client, envelope, newOwner, type Owner, random, sha256 } from '../support/client.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const error = (code: string) => expect.objectContaining({ op: 'error', code });
const WEEK = 7 * 86_400;

/** When the relay forgets what was renewed at `clock`'s time for `weeks`. */
function after(clock: FakeClock, weeks: number): number {
  return Math.ceil((clock.now() / 1000 + weeks * WEEK) / WEEK) * WEEK;
}

async function expiryOf(client: Client, { ownerKey, random: part, ...owner }: Owner): Promise<number | undefined> {
  const request = { op: 'exportMailbox', ownerKey, random: part } as const;
  const answer = await client.askSigned(request, { ownerKey, random: part, ...owner });
  return answer.op === 'ok' ? answer.items?.[0]?.expiresAt : undefined;
}

describe('how long a mailbox may go unused', () => {
  test('is what its owner said last, longer or shorter, at once', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock });
    const client = await relay.connect();
    const owner = newOwner();
    for (const weeks of [26, 104, 1, 2, 1]) {
      expect(await client.open(owner, weeks)).toEqual(ok);
      expect([weeks, await expiryOf(client, owner)]).toEqual([weeks, after(clock, weeks)]);
    }
    const forgotten = after(clock, 1) * 1000;
    clock.advance(forgotten - clock.now() - 1);
    expect(await client.subscribe(owner)).toEqual(ok);
    clock.advance(1);
    expect(await client.subscribe(owner)).toEqual(error('GONE'));
  });

  test('is that of the later of two requests that are sent together, and of the later connection', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock });
    const [first, second] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    expect(await Promise.all([first.open(owner, 104), first.open(owner, 3)])).toEqual([ok, ok]);
    expect(await expiryOf(second, owner)).toBe(after(clock, 3));
    expect(await second.open(owner, 2)).toEqual(ok);
    expect(await expiryOf(first, owner)).toBe(after(clock, 2));
  });

  test('is not changed by a request that was used before, nor by one that is out of range or not proven', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock });
    const client = await relay.connect();
    const owner = newOwner();
    const open = { op: 'open', ownerKey: owner.ownerKey, random: owner.random } as const;
    const long = client.signedFrame({ ...open, idleWeeks: 104 }, owner);
    const answered = client.answer();
    client.send(long);
    expect(await answered).toEqual(ok);
    expect(await client.open(owner, 2)).toEqual(ok);
    const other = await relay.connect();
    expect(await other.open(owner, 105)).toEqual(error('OUT_OF_RANGE'));
    expect(await other.askSigned({ ...open, idleWeeks: 50 }, newOwner())).toEqual(error('BAD_PROOF'));
    // On its own connection its id does not grow any more; on another one it does, but the nonce is not that one's.
    client.send(long);
    await client.closed;
    expect(client.of('error').map(({ code }) => code)).toEqual(['STALE_ID']);
    const fresh = await relay.connect();
    fresh.send(long);
    await fresh.next('error');
    expect(fresh.of('error').map(({ code }) => code)).toEqual(['BAD_PROOF']);
    expect(await expiryOf(other, owner)).toBe(after(clock, 2));
  });

  test('begins anew with `open` alone: not with putting, subscribing or acknowledging', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock });
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner, 2);
    const before = await expiryOf(client, owner);
    clock.advance(2 * WEEK * 1000);
    const bytes = envelope();
    expect(await client.put(owner.address, bytes)).toEqual(ok);
    expect(await client.subscribe(owner)).toEqual(ok);
    await client.next('drained');
    expect(await client.ack(owner.address, [bytes])).toEqual(ok);
    expect(await expiryOf(client, owner)).toBe(before);
    await client.open(owner, 2);
    expect(await expiryOf(client, owner)).toBe(after(clock, 2));
  });
});

describe('how long a card may go unused', () => {
  test('is what its owner said last, longer or shorter, and adding prekeys renews it by that', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ effects: clock });
    const client = await relay.connect();
    const owner = newOwner();
    const { ownerKey } = owner;
    const inviteId = sha256(random(32));
    const put = (idleWeeks: number) =>
      client.askSigned({ op: 'putCard', ownerKey, inviteId, card: random(4096), prekeys: [], idleWeeks }, owner);
    const add = () => client.askSigned({ op: 'addPrekeys', ownerKey, inviteId, prekeys: [random(1364)] }, owner);
    const expiry = async () => {
      const answer = await client.askSigned({ op: 'exportCard', ownerKey, inviteId }, owner);
      return answer.op === 'ok' ? answer.items?.[0]?.expiresAt : undefined;
    };
    for (const weeks of [26, 104, 1]) {
      expect(await put(weeks)).toEqual(ok);
      expect([weeks, await expiry()]).toEqual([weeks, after(clock, weeks)]);
    }
    expect(await add()).toEqual(ok);
    expect(await expiry()).toBe(after(clock, 1));
    clock.advance(WEEK * 1000);
    expect(await expiry()).toBe(after(clock, 0));
    expect(await add()).toEqual(ok);
    expect(await expiry()).toBe(after(clock, 1));
  });
});
