/**
 * What a link does for its callers: one request or several for each call.
 *
 * Spec: docs/protocol/relay.md §3.4.
 *
 * @module
 */

import type { ExportedItem } from '@secret-chat/wire';
import {
  ENVELOPE_SIZES,
  ID_SIZE,
  MAX_IDLE_WEEKS,
  MAX_TTL_HOURS,
  MIN_IDLE_WEEKS,
  MIN_TTL_HOURS,
} from '@secret-chat/wire';
import type { Cancel } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { addPrekeysBodies, fillPool, getCard, putCardBodies } from './card-operations.ts';
import { type ExportBody, exportPages } from './export-pages.ts';
import type { ReconnectingLink } from './reconnecting-link.ts';
import type { CallOptions, LinkState, MailboxEvents, OwnCard, OwnMailbox, RelayLink, Watch } from './relay-link.ts';
import { type RequestBody, requireBody } from './request-body.ts';

/** Arguments are checked at the call; they must not change until it is settled. */
export class RelayOperations implements RelayLink {
  readonly #link: ReconnectingLink;

  constructor(link: ReconnectingLink) {
    this.#link = link;
  }

  get origin(): string {
    return this.#link.origin;
  }

  get state(): LinkState {
    return this.#link.state;
  }

  onState(listener: (state: LinkState) => void): Cancel {
    return this.#link.onState(listener);
  }

  hold(): Cancel {
    return this.#link.hold();
  }

  retryNow(): void {
    this.#link.retryNow();
  }

  watch(mailbox: OwnMailbox, events: MailboxEvents): Watch {
    requireWithin(mailbox.idleWeeks, MIN_IDLE_WEEKS, MAX_IDLE_WEEKS, 'weeks');
    return this.#link.watch(mailbox, events);
  }

  async put(address: Uint8Array, envelope: Uint8Array, ttlHours: number, options: CallOptions = {}): Promise<void> {
    // As `requireBody`, without encoding the envelope twice.
    if (address.length !== ID_SIZE || !ENVELOPE_SIZES.includes(envelope.length)) {
      throw new ClientError(
        'INVALID_ARGUMENT',
        `an envelope of ${envelope.length} bytes, or its address, has another size`,
      );
    }
    requireWithin(ttlHours, MIN_TTL_HOURS, MAX_TTL_HOURS, 'hours');
    await this.#link.call(options, ({ puts }) => puts.put({ address, envelope, ttlHours }, options.signal));
  }

  async closeMailbox({ owner, random }: OwnMailbox, options: CallOptions = {}): Promise<void> {
    const body = checked({ op: 'close', ownerKey: owner.publicKey, random });
    await this.#link.call(options, ({ connection }) => connection.ask(body, owner));
  }

  async putCard(
    card: OwnCard,
    sealed: Uint8Array,
    prekeys: readonly Uint8Array[],
    idleWeeks: number,
    options: CallOptions = {},
  ): Promise<number> {
    requireWithin(idleWeeks, MIN_IDLE_WEEKS, MAX_IDLE_WEEKS, 'weeks');
    const bodies = putCardBodies(card, sealed, prekeys, idleWeeks).map(checked);
    return this.#link.call(options, ({ connection }) => fillPool(connection, card, bodies, options.signal));
  }

  async addPrekeys(card: OwnCard, prekeys: readonly Uint8Array[], options: CallOptions = {}): Promise<number> {
    const bodies = addPrekeysBodies(card, prekeys).map(checked);
    return this.#link.call(options, ({ connection }) => fillPool(connection, card, bodies, options.signal));
  }

  async removeCard({ owner, inviteId }: OwnCard, options: CallOptions = {}): Promise<void> {
    const body = checked({ op: 'removeCard', ownerKey: owner.publicKey, inviteId });
    await this.#link.call(options, ({ connection }) => connection.ask(body, owner));
  }

  async getCard(locator: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    checked({ op: 'getCard', locator });
    return this.#link.call(options, ({ connection }) => getCard(connection, locator));
  }

  async takePrekey(locator: Uint8Array, options: CallOptions = {}): Promise<Uint8Array | undefined> {
    const body = checked({ op: 'takePrekey', locator });
    const { prekey } = await this.#link.call(options, ({ connection }) => connection.ask(body));
    return prekey;
  }

  exportMailbox({ owner, random }: OwnMailbox, options: CallOptions = {}): Promise<readonly ExportedItem[]> {
    return this.#export({ op: 'exportMailbox', ownerKey: owner.publicKey, random }, owner, options);
  }

  exportCard({ owner, inviteId }: OwnCard, options: CallOptions = {}): Promise<readonly ExportedItem[]> {
    return this.#export({ op: 'exportCard', ownerKey: owner.publicKey, inviteId }, owner, options);
  }

  async #export(body: ExportBody, owner: OwnCard['owner'], options: CallOptions): Promise<readonly ExportedItem[]> {
    checked(body);
    return this.#link.call(options, ({ connection }) => exportPages(connection, body, owner, options.signal));
  }
}

/** @throws `ClientError` `INVALID_ARGUMENT` */
function checked<Body extends RequestBody>(body: Body): Body {
  requireBody(body);
  return body;
}

/** @throws `ClientError` `INVALID_ARGUMENT` */
function requireWithin(value: number, min: number, max: number, unit: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ClientError('INVALID_ARGUMENT', `${min} to ${max} ${unit} can be asked for, not ${value}`);
  }
}
