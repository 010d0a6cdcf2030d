import { ready, sha256, systemRandom } from '@secret-chat/crypto';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Cancel } from '../../src/effects.ts';
import { isClientError } from '../../src/errors.ts';
import type { RelayLink } from '../../src/link/relay-link.ts';
import { createRelayLinks } from '../../src/link/relay-links.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { ChaosProxy, type Faults } from '../support/chaos-proxy.ts';
import { testRelay } from '../support/relay.ts';
import { scaledClock } from '../support/scaled-clock.ts';
import { envelope, mailbox, nameOf } from './rig.ts';

beforeAll(() => ready);

const SEED = 4711;
const ENVELOPES = 400;

/** A minute of silence is over in a second. */
const clock = scaledClock(60);
const MINUTE_MS = 60_000;

function linkTo(origin: string): RelayLink {
  const links = createRelayLinks({ transport: wsTransport(), effects: { clock, random: systemRandom } });
  onTestFinished(() => links.close());
  const link = links.get(origin);
  link.hold();
  return link;
}

/** A connection on which an envelope was lost goes on as if nothing had happened; in the end there is another one. */
function cutEachMinute(proxy: ChaosProxy): void {
  let cancel: Cancel | undefined;
  const wait = () => {
    cancel = clock.after(MINUTE_MS, () => {
      proxy.cutAll();
      wait();
    });
  };
  wait();
  onTestFinished(() => cancel?.());
}

/** Puts until it is answered. */
async function putOnce(link: RelayLink, address: Uint8Array, bytes: Uint8Array): Promise<void> {
  for (;;) {
    try {
      await link.put(address, bytes, 24, { wait: true });
      return;
    } catch (error) {
      // A `hello` that came twice is misbehaviour, and ends the connection as a cut does.
      if (!isClientError(error, 'RELAY_UNREACHABLE', 'RELAY_MISBEHAVED')) {
        throw error;
      }
    }
  }
}

describe('a bad network', () => {
  test.each<[string, Partial<Faults>]>([
    ['that ends connections', { cut: 0.01 }],
    ['that is slow and ends connections', { cut: 0.005, delayMs: 3 }],
    ['that says some things twice', { duplicate: 0.01 }],
    ['that loses frames', { drop: 0.005 }],
    ['with all of it', { cut: 0.005, drop: 0.005, duplicate: 0.005, reorder: 0.3, delayMs: 1 }],
  ])('%s: everything arrives in the end, and nobody is displaced', async (_name, faults) => {
    const proxy = await ChaosProxy.start(SEED, faults);
    onTestFinished(() => proxy.stop());
    const relay = await testRelay({ origins: [proxy.origin] });
    proxy.connectTo(relay.url);
    cutEachMinute(proxy);
    const [reader, writer] = [linkTo(proxy.origin), linkTo(proxy.origin)];
    const box = mailbox();
    const sent = Array.from({ length: ENVELOPES }, () => envelope());
    const missing = new Set(sent.map(nameOf));
    const told = new Set<string>();
    let putAll: (() => Promise<unknown>) | undefined = () =>
      Promise.all(sent.map((bytes) => putOnce(writer, box.address, bytes)));
    await new Promise<void>((resolve, reject) => {
      const watch = reader.watch(box, {
        subscribed() {
          putAll?.().catch(reject);
          putAll = undefined;
        },
        envelope(received) {
          watch.acknowledge(sha256(received));
          missing.delete(nameOf(received));
          if (missing.size === 0) {
            resolve();
          }
        },
        drained: () => told.add('drained'),
        displaced: () => told.add('displaced'),
        refused: ({ message }) => told.add(`refused: ${message}`),
        offline: () => told.add('offline'),
      });
    });
    told.delete('drained');
    told.delete('offline');
    expect([...told]).toEqual([]);
    for (const fault of ['cut', 'drop', 'duplicate', 'reorder'] as const) {
      expect(proxy.happened[fault] > 0, fault).toBe(faults[fault] !== undefined);
    }
  });
});
