import { describe, expect, test } from 'vitest';
import { envelope, newOwner, random, sha256 } from '../support/client.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const error = (code: string) => expect.objectContaining({ op: 'error', code });
const TOKEN = 'correct-horse-battery-staple';

describe('a private relay (§3.6)', () => {
  test('asks for its token where something is stored for an owner, and nowhere else', async () => {
    const relay = await testRelay({ token: TOKEN });
    const [host, guest] = [await relay.connect(), await relay.connect()];
    expect(guest.hello.tokenRequired).toBe(true);
    expect(await host.ask({ op: 'auth', token: TOKEN })).toEqual(ok);
    const owner = newOwner();
    const locator = random(32);
    const card = {
      op: 'putCard',
      ownerKey: owner.ownerKey,
      inviteId: sha256(locator),
      card: random(4096),
      prekeys: [random(1364)],
      idleWeeks: 1,
    } as const;
    expect(await guest.open(owner)).toEqual(error('TOKEN_REQUIRED'));
    expect(await guest.askSigned(card, owner)).toEqual(error('TOKEN_REQUIRED'));
    expect(await host.open(owner)).toEqual(ok);
    expect(await host.askSigned(card, owner)).toEqual(ok);

    expect(await guest.ask({ op: 'getCard', locator })).toMatchObject({ op: 'ok', card: card.card });
    expect(await guest.ask({ op: 'takePrekey', locator })).toMatchObject({ op: 'ok', prekey: card.prekeys[0] });
    const bytes = envelope();
    expect(await guest.put(owner.address, bytes)).toEqual(ok);
    // What is one's own is read without it too: the proof is enough.
    expect(await guest.subscribe(owner)).toEqual(ok);
    expect(await guest.ack(owner.address, [bytes])).toEqual(ok);
  });

  test('a wrong token closes the connection, and the tenth in a minute silences the network', async () => {
    const clock = new FakeClock();
    const relay = await testRelay({ token: TOKEN, effects: clock, limits: { wrongTokensPerMinute: 2 } });
    for (let i = 0; i < 2; i++) {
      const client = await relay.connect();
      expect(await client.ask({ op: 'auth', token: `${TOKEN}!` })).toEqual(error('WRONG_TOKEN'));
      expect(await client.closed).toEqual({ code: 1008 });
    }
    const third = await relay.connect();
    expect(await third.ask({ op: 'auth', token: TOKEN })).toEqual(error('RATE_LIMITED'));
    clock.advance(60_000);
    const fourth = await relay.connect();
    expect(await fourth.ask({ op: 'auth', token: TOKEN })).toEqual(ok);
  });

  test('the token comes in the first frame or not at all', async () => {
    const relay = await testRelay({ token: TOKEN });
    const client = await relay.connect();
    await client.ask({ op: 'ping' });
    expect(await client.ask({ op: 'auth', token: TOKEN })).toEqual(error('MALFORMED'));
    expect(await client.closed).toEqual({ code: 1008 });
  });

  test('a public relay needs none, and takes any', async () => {
    const relay = await testRelay();
    const client = await relay.connect();
    expect(client.hello.tokenRequired).toBe(false);
    expect(await client.ask({ op: 'auth', token: 'anything' })).toEqual(ok);
    expect(await client.open(newOwner())).toEqual(ok);
  });
});
