import { decodeFrame, encodeFrame, type Reply, replySchemas, requestSchemas } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { systemEffects } from '../../src/index.ts';
import { Connection, type Link } from '../../src/server/connection.ts';
import { resolveLimits } from '../../src/server/limits.ts';
import { Outgoing } from '../../src/server/outgoing.ts';
import { ReadTurns } from '../../src/server/read-turns.ts';
import { createServices } from '../../src/server/services.ts';
import { SlowConnections } from '../../src/server/slow-connections.ts';
import { type Receiver, Subscription } from '../../src/server/subscription.ts';
import { Totals } from '../../src/server/totals.ts';
import { random, sha256 } from '../support/client.ts';
import { gatedStore } from '../support/gated-store.ts';

const KIB = 1024;

/** A network that takes frames when it is told to. */
class StillLink implements Link {
  isCut = false;
  closedWith: number | undefined;
  readonly #untaken: { size: number; taken: (() => void) | undefined }[] = [];

  get backlog(): number {
    return this.#untaken.reduce((sum, { size }) => sum + size, 0);
  }

  send(frame: Uint8Array, taken?: () => void): void {
    this.#untaken.push({ size: frame.length, taken });
  }

  /** Takes the oldest frames. */
  take(count = this.#untaken.length): void {
    for (const { taken } of this.#untaken.splice(0, count)) {
      taken?.();
    }
  }

  cut(): void {
    this.isCut = true;
    this.take();
  }

  close(code: number): void {
    this.closedWith = code;
  }
  pause(): void {}
  resume(): void {}
}

/** On a connection that must not be cut. */
function outgoingOn(link: StillLink, pushBacklogBytes: number) {
  const slow = new SlowConnections(KIB * KIB);
  const owner = {
    cutSlow: () => {
      throw new Error('cut');
    },
  };
  const services = { limits: resolveLimits({ pushBacklogBytes }), slow, totals: new Totals() };
  return { outgoing: new Outgoing(link, services, owner), slow };
}

describe('what goes out on a connection', () => {
  test('has room until much is waiting, and wakes who waited for room, however it is taken', () => {
    for (const step of [1, 3, 1000]) {
      const link = new StillLink();
      const { outgoing } = outgoingOn(link, 64 * KIB);
      expect(outgoing.room).toBe(64 * KIB);
      let sent = 0;
      // Forty that have something to send each; who finds no room waits again.
      const begin = () => {
        const go = () => {
          if (outgoing.room > 0) {
            sent++;
            outgoing.send(new Uint8Array(4 * KIB));
            expect(link.backlog).toBeLessThanOrEqual(68 * KIB);
          } else {
            outgoing.whenRoom(go);
          }
        };
        go();
      };
      for (let i = 0; i < 40; i++) {
        begin();
      }
      expect([sent, outgoing.room]).toEqual([16, 0]);
      for (let i = 0; i < 40 && sent < 40; i++) {
        link.take(step);
      }
      expect([step, sent]).toEqual([step, 40]);
      link.take();
      expect(outgoing.room).toBe(64 * KIB);
    }
  });

  test('does not wake who is not waiting any more', () => {
    const link = new StillLink();
    const { outgoing } = outgoingOn(link, KIB);
    outgoing.send(new Uint8Array(2 * KIB));
    const woken: string[] = [];
    const [wanted, unwanted] = [() => woken.push('wanted'), () => woken.push('unwanted')];
    outgoing.whenRoom(unwanted);
    outgoing.whenRoom(wanted);
    outgoing.forget(unwanted);
    link.take();
    expect(woken).toEqual(['wanted']);
  });

  test('tells everybody once all of it was taken: nobody would come back here', () => {
    const link = new StillLink();
    const { outgoing } = outgoingOn(link, KIB);
    outgoing.send(new Uint8Array(2 * KIB));
    let woken = 0;
    for (let i = 0; i < 30; i++) {
      outgoing.whenRoom(() => woken++);
    }
    link.take();
    expect(woken).toBe(30);
  });

  test('is forgotten when the connection ends: nobody is woken, nothing is counted', () => {
    const link = new StillLink();
    const { outgoing, slow } = outgoingOn(link, KIB);
    outgoing.send(new Uint8Array(2 * KIB));
    expect(slow.bytes).toBe(2 * KIB);
    let woken = 0;
    outgoing.whenRoom(() => woken++);
    outgoing.end();
    expect(slow.bytes).toBe(0);
    link.take();
    expect([woken, slow.bytes]).toEqual([0, 0]);
  });
});

describe('a subscription that waits for room', () => {
  test('is forgotten when it ends, however often it is begun anew', async () => {
    const store = gatedStore({});
    const waiting = new Set<() => void>();
    const receiver: Receiver = {
      room: 0,
      push: () => undefined,
      whenRoom: (go) => void waiting.add(go),
      forget: (go) => void waiting.delete(go),
    };
    const shared = { store, turns: new ReadTurns(), effects: systemEffects, address: random(32), window: 64 };
    for (let i = 0; i < 100; i++) {
      const subscription = new Subscription(receiver, { ...shared, mailbox: random(32) });
      subscription.start();
      await new Promise((resolve) => setImmediate(resolve));
      expect(waiting.size).toBe(1);
      subscription.end();
      expect(waiting.size).toBe(0);
    }
  });
});

describe('a subscription whose connection falls behind while it is read', () => {
  test('sends no more, and the rest in order when there is room', async () => {
    const store = gatedStore({});
    const now = Math.floor(systemEffects.now() / 1000);
    const mailbox = random(32);
    await store.openMailbox(mailbox, now + 1_000_000, now);
    const items = Array.from({ length: 10 }, () => {
      const envelope = random(4096);
      return { mailbox, hash: sha256(envelope), envelope, expiresAt: now + 1_000_000 };
    });
    await store.append(items, now);
    const sent: Reply[] = [];
    let goOn: (() => void) | undefined;
    const receiver = {
      room: KIB * KIB,
      push: (frame: Uint8Array) => {
        sent.push(decodeFrame(replySchemas, frame));
        receiver.room = sent.length % 3 === 0 ? 0 : receiver.room;
      },
      whenRoom: (go: () => void) => {
        goOn = go;
      },
      forget: () => undefined,
    };
    const shared = { store, turns: new ReadTurns(), effects: systemEffects, address: random(32), window: 64 };
    const subscription = new Subscription(receiver, { ...shared, mailbox });
    subscription.start();
    for (const expected of [3, 6, 9, 11]) {
      await expect.poll(() => sent.length).toBe(expected);
      await new Promise((resolve) => setImmediate(resolve));
      expect(sent).toHaveLength(expected);
      receiver.room = KIB * KIB;
      goOn?.();
    }
    const envelopes = sent.flatMap((reply) => (reply.op === 'envelope' ? [reply.envelope] : []));
    expect(envelopes).toEqual(items.map(({ envelope }) => envelope));
    expect(sent.at(-1)?.op).toBe('drained');
    subscription.end();
  });
});

describe('connections that do not read', () => {
  test('hold a bounded part of the memory together: the slowest is cut', async () => {
    const locator = random(32);
    const store = gatedStore({});
    const now = Math.floor(systemEffects.now() / 1000);
    const card = { inviteId: sha256(locator), owner: random(32), card: random(4096), prekeys: [] };
    await store.putCard({ ...card, expiresAt: now + 1_000_000 }, now);
    const services = createServices({
      store,
      limits: resolveLimits({ pushBacklogBytes: 512 * KIB, backlogBytes: KIB * KIB, backlogBytesInAll: 1200 * KIB }),
      effects: systemEffects,
      origins: [],
      token: undefined,
    });
    const links = Array.from({ length: 4 }, () => new StillLink());
    const connections = links.map((link) => new Connection(services, link, '192.0.2.1'));
    const ask = async (which: number, count: number) => {
      for (let i = 0; i < count; i++) {
        ids[which] = (ids[which] as number) + 1;
        const frame = encodeFrame(requestSchemas, { op: 'getCard', id: ids[which] as number, locator });
        connections[which]?.receive(frame);
      }
      await new Promise((resolve) => setImmediate(resolve));
    };
    const ids = [0, 0, 0, 0];
    // A reader that is a little behind, and three that take nothing.
    await ask(0, 50);
    await ask(1, 180);
    await ask(2, 120);
    expect(links.map(({ isCut }) => isCut)).toEqual([false, false, false, false]);
    await ask(3, 150);
    expect(links.map(({ isCut }) => isCut)).toEqual([false, true, false, false]);
    expect(services.totals.connectionsCut).toBe(1);
    expect(services.totals.connections).toBe(3);
    expect(services.slow.bytes).toBeLessThanOrEqual(1200 * KIB);
    // Who is behind is not said goodbye to, which would keep all of it waiting; who is not, is.
    for (const at of [2, 0] as const) {
      links[0]?.take();
      connections[at]?.receive(random(10));
    }
    expect(links.map(({ isCut, closedWith }) => [isCut, closedWith])).toEqual([
      [false, 1008],
      [true, undefined],
      [true, undefined],
      [false, undefined],
    ]);
    // Who reads is not counted any more.
    for (const link of links) {
      link.take();
    }
    expect(services.slow.bytes).toBe(0);
    await ask(3, 1);
    expect(links[3]?.backlog).toBeGreaterThan(4096);
  });
});
