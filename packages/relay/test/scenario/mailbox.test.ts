import { describe, expect, test } from 'vitest';
import { type Client, envelope, newOwner, sha256 } from '../support/client.ts';
import { testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const error = (code: string) => expect.objectContaining({ op: 'error', code });
const bodies = (client: Client) => client.of('envelope').map((frame) => frame.envelope);

describe('a mailbox', () => {
  test('hello comes first, with a nonce of its own', async () => {
    const relay = await testRelay();
    const [a, b] = [await relay.connect(), await relay.connect()];
    expect(a.hello).toMatchObject({ op: 'hello', tokenRequired: false });
    expect(a.hello.nonce).not.toEqual(b.hello.nonce);
  });

  test('put, push, acknowledge: what was acknowledged never comes again', async () => {
    const relay = await testRelay();
    const [alice, bob] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    expect(await alice.open(owner)).toEqual(ok);
    const early = envelope();
    expect(await bob.put(owner.address, early)).toEqual(ok);

    expect(await alice.subscribe(owner)).toEqual(ok);
    await alice.next('drained');
    expect(alice.replies.slice(-2).map(({ op }) => op)).toEqual(['envelope', 'drained']);
    const late = [envelope(16_384), envelope(), envelope()];
    for (const bytes of late) {
      expect(await bob.put(owner.address, bytes)).toEqual(ok);
    }
    await alice.next('envelope', 4);
    expect(bodies(alice)).toEqual([early, ...late]);
    expect(alice.of('envelope').every(({ address }) => Buffer.compare(address, owner.address) === 0)).toBe(true);

    expect(await alice.ack(owner.address, [early, late[1] as Uint8Array])).toEqual(ok);
    alice.end();
    const again = await relay.connect();
    await again.subscribe(owner);
    await again.next('drained');
    expect(bodies(again)).toEqual([late[0], late[2]]);
    // Acknowledging twice, and what never was, is harmless.
    expect(await again.ack(owner.address, [early, envelope(), late[0] as Uint8Array])).toEqual(ok);
    expect(await again.ack(owner.address, [late[0] as Uint8Array])).toEqual(ok);
    await again.subscribe(owner);
    await again.next('drained', 2);
    expect(bodies(again).slice(2)).toEqual([late[2]]);
  });

  test('a repeated put is stored once', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner);
    await client.subscribe(owner);
    const bytes = envelope();
    const answers = await Promise.all([1, 2, 3].map(() => client.put(owner.address, bytes)));
    expect(answers).toEqual([ok, ok, ok]);
    await client.put(owner.address, envelope());
    await client.next('envelope', 2);
    expect(bodies(client)[0]).toEqual(bytes);
    expect(bodies(client)).toHaveLength(2);
  });

  test('order is that of arrival, over more than the relay has in flight', async () => {
    const relay = await testRelay({ limits: { envelopesInFlight: 8 } });
    const [reader, writer] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await reader.open(owner);
    const sent = Array.from({ length: 60 }, () => envelope());
    await Promise.all(sent.slice(0, 30).map((bytes) => writer.put(owner.address, bytes)));
    await reader.subscribe(owner);
    await reader.next('envelope', 8);
    const rest = Promise.all(sent.slice(30).map((bytes) => writer.put(owner.address, bytes)));
    await rest;
    expect(reader.of('envelope')).toHaveLength(8);
    expect(reader.of('drained')).toHaveLength(0);
    for (let acknowledged = 0; acknowledged < sent.length; ) {
      await reader.next('envelope', Math.min(acknowledged + 8, sent.length));
      const batch = bodies(reader).slice(acknowledged);
      acknowledged += batch.length;
      expect(await reader.ack(owner.address, batch)).toEqual(ok);
    }
    await reader.next('drained');
    expect(bodies(reader)).toEqual(sent);
  });

  test('effects on one mailbox happen in the order sent, without waiting for answers', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    const owner = newOwner();
    const bytes = envelope();
    const answers = await Promise.all([
      client.put(owner.address, bytes),
      client.open(owner),
      client.put(owner.address, bytes),
      client.ack(owner.address, [bytes]),
      client.subscribe(owner),
      client.closeMailbox(owner),
      client.put(owner.address, bytes),
      client.open(owner),
      client.subscribe(owner),
      client.ack(owner.address, [bytes]),
    ]);
    expect(answers).toEqual([error('GONE'), ok, ok, error('NOT_SUBSCRIBED'), ok, ok, error('GONE'), ok, ok, ok]);
  });

  test('many mailboxes on one connection keep apart', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    const owners = Array.from({ length: 20 }, newOwner);
    await Promise.all(owners.flatMap((owner) => [client.open(owner), client.subscribe(owner)]));
    const sent = owners.map(() => envelope());
    await Promise.all(owners.map(({ address }, i) => client.put(address, sent[i] as Uint8Array)));
    await client.next('envelope', owners.length);
    for (const [i, { address }] of owners.entries()) {
      const mine = client.of('envelope').filter((frame) => Buffer.compare(frame.address, address) === 0);
      expect(mine.map((frame) => frame.envelope)).toEqual([sent[i]]);
    }
  });

  test('a second subscription displaces the first, which is told', async () => {
    const relay = await testRelay();
    const [first, second, writer] = [await relay.connect(), await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await first.open(owner);
    await first.subscribe(owner);
    const bytes = envelope();
    await writer.put(owner.address, bytes);
    await first.next('envelope');

    expect(await second.subscribe(owner)).toEqual(ok);
    expect((await first.next('displaced'))[0]?.address).toEqual(owner.address);
    expect(await first.ack(owner.address, [bytes])).toEqual(error('DISPLACED'));
    await second.next('drained');
    expect(bodies(second)).toEqual([bytes]);
    await writer.put(owner.address, envelope());
    await second.next('envelope', 2);
    expect(first.of('envelope')).toHaveLength(1);

    // The first may come back.
    expect(await first.subscribe(owner)).toEqual(ok);
    await second.next('displaced');
    expect(await first.ack(owner.address, [bytes])).toEqual(ok);
  });

  test('close removes everything; the address can be opened anew by its owner', async () => {
    const relay = await testRelay();
    const [client, other] = [await relay.connect(), await relay.connect()];
    const owner = newOwner();
    await client.open(owner);
    await client.put(owner.address, envelope());
    await client.subscribe(owner);
    await client.next('drained');
    expect(await other.closeMailbox(owner)).toEqual(ok);
    expect(await other.closeMailbox(owner)).toEqual(error('GONE'));
    expect(await other.put(owner.address, envelope())).toEqual(error('GONE'));
    expect(await client.ack(owner.address, [envelope()])).toEqual(error('NOT_SUBSCRIBED'));
    expect(await client.subscribe(owner)).toEqual(error('GONE'));
    expect(await client.open(owner)).toEqual(ok);
    await client.subscribe(owner);
    await client.next('drained', 2);
    expect(bodies(client)).toHaveLength(1);
  });

  test('the owner gets everything that is held, page by page', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner);
    const sent = Array.from({ length: 7 }, () => envelope());
    for (const bytes of sent) {
      await client.put(owner.address, bytes);
    }
    const items = [];
    let after: number | undefined;
    do {
      const { ownerKey, random } = owner;
      const page = { op: 'exportMailbox', ownerKey, random, ...(after === undefined ? {} : { after }) } as const;
      const answer = await client.askSigned(page, owner);
      expect(answer).toEqual(ok);
      const { items: found = [], next } = answer as Extract<typeof answer, { op: 'ok' }>;
      items.push(...found);
      after = next;
    } while (after !== undefined);
    expect(items.map(({ kind }) => kind)).toEqual(['mailbox', ...sent.map(() => 'envelope')]);
    expect(items.slice(1).map(({ bytes }) => bytes)).toEqual(sent);
    expect(items.every(({ expiresAt }) => expiresAt % 3600 === 0)).toBe(true);
  });

  test('what an address is at rest is its hash', () => {
    const { address } = newOwner();
    expect(sha256(address)).not.toEqual(address);
  });
});
