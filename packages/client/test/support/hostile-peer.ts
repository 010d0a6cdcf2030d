/**
 * The other side of a chat as someone who means harm: with the keys of the chat, and without the program's manners.
 *
 * It says whatever it likes under whatever counters, and acknowledges nothing unless told to. What its own device would send is
 * lost.
 */

import {
  type Content,
  encodeBody,
  encodeContent,
  encryptMessage,
  sizeClassFor,
  type TimerValue,
} from '@secret-chat/crypto';
import { toHex } from '@secret-chat/wire';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { type Person, World } from './people.ts';
import { seededBytes } from './seeded.ts';

/** What a body says besides its content; the next `seq`, and the `ack` from when the two met, if left out. */
export interface Prefix {
  readonly seq?: number;
  readonly ack?: number;
  readonly digest?: Uint8Array;
  readonly timer?: TimerValue;
}

/** Alice has a chat with Mallory (1), who means harm, and one with Carol (2), who does not. */
export async function meetHostilePeer(seed?: number): Promise<{
  readonly world: World;
  readonly alice: Person;
  readonly carol: Person;
  readonly peer: HostilePeer;
}> {
  const world = await World.create();
  const [alice, mallory, carol] = await world.people('Alice', 'Mallory', 'Carol');
  await world.meet(alice, mallory);
  await world.meet(alice, carol);
  return { world, alice, carol, peer: new HostilePeer(world, mallory, seed) };
}

export class HostilePeer {
  /** True: nothing that the victim puts arrives; its relay says ok. */
  isDeaf = false;
  /** Seq of the next content that is given none. */
  nextSeq: number;
  readonly random: (length: number) => Uint8Array;
  readonly #world: World;
  readonly #chat: LiveChat;
  readonly #victim: Uint8Array;
  readonly #ack: number;
  readonly #digest: Uint8Array;

  /** @param person who becomes hostile, in its chat 1; on the world's first relay, as the victim */
  constructor(world: World, person: Person, seed = 1) {
    this.#world = world;
    this.#chat = person.chat() as LiveChat;
    this.random = seededBytes(seed);
    const { record } = this.#chat.session;
    this.#victim = record.routeAddress;
    this.#ack = record.got;
    this.#digest = record.gotDigest;
    this.nextSeq = record.nextSeq;
    world.relay.on('put', (turn) => {
      if (this.isDeaf || this.#isForVictim(turn.request.address)) {
        turn.ok();
      } else {
        turn.honestly();
      }
    });
  }

  /** Where the victim puts. */
  get ownAddress(): Uint8Array {
    const [address] = [...this.#world.relay.memory.mailboxes.values()].filter(
      (held) => !this.#isForVictim(held.address),
    );
    return (address as { readonly address: Uint8Array }).address;
  }

  say(content: Content, prefix: Prefix = {}): Promise<void> {
    return this.sayBytes(encodeContent(content, this.random), prefix);
  }

  /** Says what need be no content. */
  async sayBytes(bytes: Uint8Array, { seq = this.nextSeq++, ack, digest, timer = 'off' }: Prefix = {}): Promise<void> {
    const sizeClass = sizeClassFor(bytes.length);
    const prefix = { seq, ack: ack ?? this.#ack, digest: digest ?? this.#digest, timer };
    const envelope = await this.#chat.session.change((change) => {
      const sealed = encryptMessage(change.ratchet, sizeClass, encodeBody(sizeClass, prefix, bytes), this.random);
      change.ratchet = sealed.state;
      return sealed.envelope;
    });
    const put = { op: 'put', id: 1, address: this.#victim, envelope, ttlHours: 168 } as const;
    this.#world.relay.memory.perform(put, { reply: () => {} }, (run) => run());
  }

  /** How many envelopes the victim and everyone else have put so far, without those to the victim. */
  get received(): number {
    return this.#world.relay.requests.filter(({ op, ...rest }) => op === 'put' && !this.#isForVictim(addressOf(rest)))
      .length;
  }

  #isForVictim(address: Uint8Array): boolean {
    return toHex(address) === toHex(this.#victim);
  }
}

function addressOf(request: object): Uint8Array {
  return (request as { readonly address: Uint8Array }).address;
}
