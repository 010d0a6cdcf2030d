/** What a test of links needs: a link, a clock and a relay without a network, and things to put. */

import { randomBytes } from 'node:crypto';
import { ed25519KeyPair, sha256 } from '@secret-chat/crypto';
import { CARD_SIZE, PREKEY_SIZE } from '@secret-chat/wire';
import { expect } from 'vitest';
import { ClientError, type ClientErrorCode } from '../../src/errors.ts';
import { newMailbox } from '../../src/link/mailbox.ts';
import type {
  LinkState,
  MailboxEvents,
  OwnCard,
  OwnMailbox,
  RelayLink,
  RelayLinks,
} from '../../src/link/relay-link.ts';
import { createRelayLinks, type RelayLinksOptions } from '../../src/link/relay-links.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { LinkedTransport } from '../support/linked-transport.ts';
import { LyingRelay } from '../support/lying-relay.ts';
import { seededBytes } from '../support/seeded.ts';

export const ORIGIN = 'wss://relay.test';

export interface RigOptions {
  readonly seed?: number;
  /** What the relay asks for. */
  readonly relayToken?: string;
  /** What the links know. */
  readonly token?: RelayLinksOptions['token'];
}

export interface Rig {
  readonly relay: LyingRelay;
  readonly transport: LinkedTransport;
  readonly clock: FakeClock;
  readonly links: RelayLinks;
  readonly link: RelayLink;
  /** Every state that the link told. */
  readonly states: LinkState[];
}

export async function rig({ seed = 1, relayToken, token }: RigOptions = {}): Promise<Rig> {
  const relay = await LyingRelay.start(relayToken === undefined ? {} : { token: relayToken });
  const transport = new LinkedTransport({ [ORIGIN]: relay });
  const clock = new FakeClock();
  const links = createRelayLinks({ transport, effects: { clock, random: seededBytes(seed) }, token });
  const link = links.get(ORIGIN);
  const states: LinkState[] = [];
  link.onState((state) => states.push(state));
  return { relay, transport, clock, links, link, states };
}

/** As {@link rig}, held and online. */
export async function onlineRig(options: RigOptions = {}): Promise<Rig> {
  const made = await rig(options);
  made.link.hold();
  await settled();
  expect(made.link.state.state).toBe('online');
  return made;
}

export const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
export const envelope = (size = 4096): Uint8Array => bytes(size);
/** Tells random bytes apart, and fast. */
export const nameOf = (random: Uint8Array): string => Buffer.from(random.subarray(0, 16)).toString('hex');
export const card = (): Uint8Array => bytes(CARD_SIZE);
export const prekeys = (count: number): Uint8Array[] => Array.from({ length: count }, () => bytes(PREKEY_SIZE));
export const mailbox = (): OwnMailbox => newMailbox(bytes, 26);

export function ownCard(): OwnCard & { readonly locator: Uint8Array } {
  const locator = bytes(32);
  return { owner: ed25519KeyPair(bytes(32)), inviteId: sha256(locator), locator };
}

/** What a watched mailbox told, in order. */
export class MailboxLog implements MailboxEvents {
  readonly told: string[] = [];
  readonly envelopes: Uint8Array[] = [];
  readonly drains: number[] = [];
  readonly refusals: Error[] = [];
  #waiting: (() => void)[] = [];

  subscribed(): void {
    this.#tell('subscribed');
  }

  envelope(envelope: Uint8Array): void {
    this.envelopes.push(envelope);
    this.#tell('envelope');
  }

  drained(askedAtMs: number): void {
    this.drains.push(askedAtMs);
    this.#tell('drained');
  }

  displaced(): void {
    this.#tell('displaced');
  }

  refused(error: Error): void {
    this.refusals.push(error);
    this.#tell('refused');
  }

  offline(): void {
    this.#tell('offline');
  }

  count(event: string): number {
    return this.told.filter((told) => told === event).length;
  }

  /** Waits for what real sockets bring. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #tell(event: string): void {
    this.told.push(event);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) {
      wake();
    }
  }
}

/** As {@link onlineRig}, with a mailbox that is watched. */
export async function watched(): Promise<Rig & { readonly box: OwnMailbox; readonly log: MailboxLog }> {
  const made = await onlineRig();
  const [box, log] = [mailbox(), new MailboxLog()];
  made.link.watch(box, log);
  await settled();
  expect(log.told).toEqual(['subscribed', 'drained']);
  return { ...made, box, log };
}

/** Puts as someone else does. */
export function putInto({ relay }: Rig, address: Uint8Array, ...envelopes: readonly Uint8Array[]): void {
  for (const bytes of envelopes) {
    relay.memory.perform({ op: 'put', id: 1, address, envelope: bytes, ttlHours: 24 }, { reply: () => {} }, (run) =>
      run(),
    );
  }
}

/** Resolves when the link is in this state. */
export function reached(link: RelayLink, state: LinkState['state']): Promise<void> {
  return new Promise((resolve) => {
    if (link.state.state === state) {
      resolve();
      return;
    }
    const cancel = link.onState((now) => {
      if (now.state === state) {
        cancel();
        resolve();
      }
    });
  });
}

/** What `work` rejected with. */
export async function refusalOf(work: Promise<unknown>): Promise<ClientError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClientError);
  return error as ClientError;
}

export async function expectCode(work: Promise<unknown>, code: ClientErrorCode): Promise<void> {
  expect((await refusalOf(work)).code).toBe(code);
}
