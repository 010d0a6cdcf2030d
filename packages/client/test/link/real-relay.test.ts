import { type RandomSource, ready, sha256, systemRandom } from '@secret-chat/crypto';
import type { RelayOptions } from '@secret-chat/relay';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RelayLink } from '../../src/link/relay-link.ts';
import { createRelayLinks, type RelayLinksOptions } from '../../src/link/relay-links.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { systemEffects } from '../../src/platform.ts';
import { testRelay } from '../support/relay.ts';
import { RelayProcess } from '../support/relay-process.ts';
import {
  card,
  envelope,
  expectCode,
  MailboxLog,
  mailbox,
  nameOf,
  ownCard,
  prekeys,
  reached,
  refusalOf,
} from './rig.ts';

beforeAll(() => ready);

const random: RandomSource = systemRandom;

/** A device's link, held until the test ends. */
function linkTo(origin: string, token?: RelayLinksOptions['token']): RelayLink {
  const links = createRelayLinks({
    transport: wsTransport(),
    effects: { clock: systemEffects.clock, random },
    token,
  });
  onTestFinished(() => links.close());
  const link = links.get(origin);
  link.hold();
  return link;
}

async function online(origin: string, token?: RelayLinksOptions['token']): Promise<RelayLink> {
  const link = linkTo(origin, token);
  await reached(link, 'online');
  return link;
}

const privateRelay = (token: string): RelayOptions => ({ token });

describe('over a real relay', () => {
  test('1000 envelopes, put at once, arrive in order and are gone once they are acknowledged', async () => {
    const relay = await testRelay();
    const [reader, writer] = [await online(relay.url), await online(relay.url)];
    const [box, log] = [mailbox(), new MailboxLog()];
    const watch = reader.watch(box, {
      subscribed: () => log.subscribed(),
      envelope: (received) => {
        log.envelope(received);
        watch.acknowledge(sha256(received));
      },
      drained: (askedAtMs) => log.drained(askedAtMs),
      displaced: () => log.displaced(),
      refused: (error) => log.refused(error),
      offline: () => log.offline(),
    });
    await log.until(() => log.told.includes('drained'));
    const sent = Array.from({ length: 1000 }, () => envelope());
    await Promise.all(sent.map((bytes) => writer.put(box.address, bytes, 24)));
    await log.until(() => log.envelopes.length >= sent.length);
    expect(log.envelopes.map(nameOf)).toEqual(sent.map(nameOf));
    const held = await reader.exportMailbox(box);
    expect(held.map(({ kind }) => kind)).toEqual(['mailbox']);
    expect(log.told.every((event) => ['subscribed', 'drained', 'envelope'].includes(event))).toBe(true);
  });

  test('with its own limits, envelopes that it refuses for their speed can be put again', {
    timeout: 30_000,
  }, async () => {
    const relay = await testRelay({ limits: { putsPerSecond: 200 } });
    const writer = await online(relay.url);
    const box = mailbox();
    writer.watch(box, new MailboxLog());
    let refused = 0;
    const put = async (bytes: Uint8Array): Promise<void> => {
      const error = await writer.put(box.address, bytes, 24, { wait: true }).catch((caught: unknown) => caught);
      if (error !== undefined) {
        expect(error).toMatchObject({ relayCode: 'RATE_LIMITED' });
        refused++;
        await put(bytes);
      }
    };
    const sent = Array.from({ length: 800 }, () => envelope());
    await Promise.all(sent.map(put));
    expect(refused).toBeLessThan(200);
    const held = await writer.exportMailbox(box);
    expect(
      held
        .slice(1)
        .map((item) => nameOf(item.bytes))
        .sort(),
    ).toEqual(sent.map(nameOf).sort());
  });

  test('cards and prekeys', async () => {
    const relay = await testRelay();
    const link = await online(relay.url);
    const own = ownCard();
    const [sealed, pool] = [card(), prekeys(200)];
    expect(await link.putCard(own, sealed, pool, 26)).toBe(200);
    expect(await link.getCard(own.locator)).toEqual(sealed);
    const taken = await link.takePrekey(own.locator);
    expect(pool.map(nameOf)).toContain(nameOf(taken as Uint8Array));
    const items = await link.exportCard(own);
    expect(items.map(({ kind }) => kind)).toEqual(['card', ...new Array(199).fill('prekey')]);
    await link.removeCard(own);
    expect(await refusalOf(link.getCard(own.locator))).toMatchObject({ relayCode: 'GONE' });
  });

  test('an export of many pages is whole', async () => {
    const relay = await testRelay();
    const link = await online(relay.url);
    const box = mailbox();
    link.watch(box, new MailboxLog());
    const sent = Array.from({ length: 50 }, (_, i) => envelope(i % 2 === 0 ? 4096 : 16_384));
    await Promise.all(sent.map((bytes) => link.put(box.address, bytes, 24)));
    const items = await link.exportMailbox(box);
    expect(items.slice(1).map((item) => nameOf(item.bytes))).toEqual(sent.map(nameOf));
    await link.closeMailbox(box);
    expect(await refusalOf(link.exportMailbox(box))).toMatchObject({ relayCode: 'GONE' });
  });

  test('another device with the same mailbox displaces this one', async () => {
    const relay = await testRelay();
    const [first, second] = [await online(relay.url), await online(relay.url)];
    const box = mailbox();
    const [one, two] = [new MailboxLog(), new MailboxLog()];
    const watch = first.watch(box, one);
    await one.until(() => one.told.includes('drained'));
    second.watch(box, two);
    await one.until(() => one.told.includes('displaced'));
    await two.until(() => two.told.includes('drained'));
    expect(one.told).toEqual(['subscribed', 'drained', 'displaced']);
    watch.acknowledge(sha256(envelope()));
    await first.put(box.address, envelope(), 24);
    await two.until(() => two.told.includes('envelope'));
    expect(one.told).toHaveLength(3);
  });

  test('a private one', async () => {
    const token = 'a-token-that-nobody-guesses';
    const relay = await testRelay(privateRelay(token));
    const [member, guest] = [await online(relay.url, { origin: relay.url, token }), await online(relay.url)];
    const own = ownCard();
    await member.putCard(own, card(), [], 26);
    const [box, log, refused] = [mailbox(), new MailboxLog(), new MailboxLog()];
    member.watch(box, log);
    await log.until(() => log.told.includes('drained'));
    expect(await guest.getCard(own.locator)).toHaveLength(4096);
    await guest.put(box.address, envelope(), 24);
    await log.until(() => log.told.includes('envelope'));
    guest.watch(mailbox(), refused);
    await refused.until(() => refused.told.includes('refused'));
    expect(refused.refusals[0]).toMatchObject({ relayCode: 'TOKEN_REQUIRED' });
    const stranger = linkTo(relay.url, { origin: relay.url, token: 'a-guess-at-the-token' });
    await reached(stranger, 'waiting');
    expect(stranger.state).toMatchObject({ reason: 'the relay answered WRONG_TOKEN' });
  });

  test('ends after what was handed over', async () => {
    const relay = await testRelay();
    const [reader, links] = [
      await online(relay.url),
      createRelayLinks({ transport: wsTransport(), effects: { clock: systemEffects.clock, random } }),
    ];
    const [box, log] = [mailbox(), new MailboxLog()];
    reader.watch(box, log);
    await log.until(() => log.told.includes('drained'));
    const link = links.get(relay.url);
    link.hold();
    await reached(link, 'online');
    const puts = Array.from({ length: 200 }, () => link.put(box.address, envelope(), 24));
    await links.close();
    await Promise.all(puts);
    await expectCode(link.put(box.address, envelope(), 24), 'CLOSED');
    const held = await reader.exportMailbox(box);
    expect(held).toHaveLength(201);
  });
});

describe('a relay that dies', { timeout: 60_000 }, () => {
  test('what it answered it has, what it did not answer can be put again, and watches come back', async () => {
    const relay = await RelayProcess.start();
    const [reader, writer] = [await online(relay.origin), await online(relay.origin)];
    const [box, log] = [mailbox(), new MailboxLog()];
    reader.watch(box, log);
    await log.until(() => log.told.includes('drained'));

    const first = Array.from({ length: 300 }, () => envelope());
    const answered = new Set<string>();
    const puts = first.map(async (bytes, i) => {
      await writer.put(box.address, bytes, 24);
      answered.add(nameOf(bytes));
      if (i === 100) {
        await relay.kill();
      }
    });
    const results = await Promise.allSettled(puts);
    expect(results.some(({ status }) => status === 'rejected')).toBe(true);
    await log.until(() => log.told.includes('offline'));
    await reached(writer, 'waiting');
    await expectCode(writer.put(box.address, envelope(), 24), 'RELAY_UNREACHABLE');

    const again = first.filter((bytes) => !answered.has(nameOf(bytes)));
    const rest = Promise.all(again.map((bytes) => writer.put(box.address, bytes, 24, { wait: true })));
    await relay.restart();
    writer.retryNow();
    reader.retryNow();
    await rest;
    await log.until(() => log.count('subscribed') === 2);
    const held = await reader.exportMailbox(box);
    // Whatever was answered is there, in order; what was not may have been stored before the kill, and stands where it was then.
    expect(held.slice(1).map((item) => nameOf(item.bytes))).toEqual(first.map(nameOf));
  });

  test('says goodbye when it is stopped, and what waits goes out when it is back', async () => {
    const relay = await RelayProcess.start();
    const link = await online(relay.origin);
    await relay.stop();
    await reached(link, 'waiting');
    const call = refusalOf(link.getCard(ownCard().locator, { wait: true }));
    await relay.restart();
    link.retryNow();
    expect(await call).toMatchObject({ relayCode: 'GONE' });
  });
});
