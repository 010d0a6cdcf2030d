/**
 * A device without store and network: tests say what happens to it.
 *
 * @module
 */

import {
  type ChatState,
  ClientError,
  type DeletionProgress,
  type Device,
  type DeviceEvent,
  type DeviceUnlock,
  type EndReason,
  type Invite,
  type InviteOptions,
  type LinkState,
  type Listener,
  type RelayExport,
} from '@secret-chat/client';
import { FakeChat } from './fake-chat.ts';

/** As long as a real one, of an invite to a relay on this machine. */
export const LINK: string = `secret-chat:ws://127.0.0.1:8787#${'Ab1_'.repeat(23)}`;

/** What the program uses of a device; the rest is not here. */
type Used = Pick<
  Device,
  | 'name'
  | 'relay'
  | 'identityKey'
  | 'invites'
  | 'createInvite'
  | 'revokeInvite'
  | 'subscribe'
  | 'links'
  | 'retryNow'
  | 'changeUnlock'
  | 'accountTtlWeeks'
  | 'setAccountTtl'
  | 'exportRelayData'
  | 'deleting'
  | 'deleteAccount'
  | 'close'
>;

export class FakeDevice implements Used {
  /** As the program takes it. */
  get asDevice(): Device {
    return this as unknown as Device;
  }

  name = 'Me';
  relay = 'ws://127.0.0.1:8787';
  readonly identityKey: Uint8Array = new Uint8Array(32);
  chats: FakeChat[] = [];
  invites: Invite[] = [];
  /** What each call of `changeUnlock` was given. */
  readonly unlocks: (readonly [DeviceUnlock, DeviceUnlock])[] = [];
  readonly joined: string[] = [];
  /** Whether it makes photos ready to be sent. */
  hasPhotos = true;
  readonly link: { state: LinkState } = { state: { state: 'online' } };
  /** What `join` and `createInvite` wait for. */
  relayAnswers: Promise<void> = Promise.resolve();
  accountTtlWeeks = 26;
  deleting = false;
  /** Who could not be told yet when the account was deleted. */
  left = 0;
  isClosed = false;
  closeStore: () => Promise<void> = async () => {};
  triedNow = 0;
  #listeners: Listener[] = [];
  #nextChat = 1;
  #nextInvite = 1;

  emit(event: DeviceEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }

  /** A chat that is there already. */
  addChat(name: string, state: ChatState = 'open'): FakeChat {
    const chat = new FakeChat(this, this.#nextChat++, name, state);
    this.chats.push(chat);
    return chat;
  }

  /** Someone uses an invite. */
  request(name: string, text?: string): FakeChat {
    const chat = this.addChat(name, 'requested');
    this.emit({ type: 'request', chat: chat.n, name, ...(text === undefined ? {} : { text }) });
    return chat;
  }

  forget(chat: FakeChat, why: EndReason): void {
    chat.state = 'ended';
    this.chats = this.chats.filter((other) => other !== chat);
    this.emit({ type: 'ended', chat: chat.n, why });
  }

  setLink(state: LinkState): void {
    this.link.state = state;
    this.emit({ type: 'link', relay: this.relay, link: state });
  }

  chat(n: number): FakeChat | undefined {
    return this.chats.find((chat) => chat.n === n);
  }

  async createInvite({ reusable = false }: InviteOptions = {}): Promise<Invite> {
    await this.relayAnswers;
    const n = this.#nextInvite++;
    const expiresAt = Date.UTC(2026, 11, 1, 12);
    const invite = { n, link: LINK, reusable, expiresAt, loopback: true };
    this.invites.push(invite);
    return invite;
  }

  async revokeInvite(n: number): Promise<void> {
    if (!this.invites.some((invite) => invite.n === n)) {
      throw new ClientError('NOT_FOUND', `there is no invite ${n}`);
    }
    this.invites = this.invites.filter((invite) => invite.n !== n);
    this.emit({ type: 'inviteEnded', invite: n, why: 'revoked' });
  }

  async join(link: string): Promise<FakeChat> {
    await this.relayAnswers;
    if (link !== LINK) {
      throw new ClientError('INVITE_MALFORMED', 'the invite is mistyped');
    }
    this.joined.push(link);
    return this.addChat('Inviter', 'waiting');
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  links(): readonly { readonly relay: string; readonly link: LinkState }[] {
    return [{ relay: this.relay, link: this.link.state }];
  }

  retryNow(): void {
    this.triedNow += 1;
  }

  async changeUnlock(current: DeviceUnlock, next: DeviceUnlock): Promise<void> {
    if ('passphrase' in current && current.passphrase === 'wrong') {
      throw new ClientError('WRONG_PASSPHRASE', 'wrong passphrase');
    }
    this.unlocks.push([current, next]);
  }

  async setAccountTtl(weeks: number): Promise<void> {
    this.accountTtlWeeks = weeks;
  }

  async exportRelayData(): Promise<RelayExport> {
    return { about: 'what relays hold' } as unknown as RelayExport;
  }

  async deleteAccount(): Promise<DeletionProgress> {
    this.deleting = true;
    this.chats = [];
    this.invites = [];
    if (this.left === 0) {
      this.emit({ type: 'deleted' });
    }
    return { done: this.left === 0, left: this.left };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.closeStore();
  }
}
