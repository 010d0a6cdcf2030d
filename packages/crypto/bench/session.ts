/** Sessions: the handshake, and messages within a turn and from turn to turn. */

import {
  decryptMessage,
  emptyDigest,
  encodeBody,
  encryptMessage,
  Identity,
  initiateChat,
  openCard,
  openOneTimePrekey,
  openRequest,
  type RatchetState,
  respondToRequest,
  retire,
  systemRandom,
  wipeState,
} from '../src/index.ts';
import { makeInviter, meet, NOW } from '../test/support/chat.ts';
import type { Benchmark } from './benchmark.ts';

const MESSAGE_SIZE = 256;
const PREFIX = { seq: 1, ack: 0, digest: emptyDigest(), timer: 'off' } as const;

function body(sizeClass: 'standard' | 'request' = 'standard'): Uint8Array {
  return encodeBody(sizeClass, PREFIX, new Uint8Array(MESSAGE_SIZE));
}

function send(state: RatchetState): { envelope: Uint8Array; state: RatchetState } {
  return encryptMessage(state, 'standard', body(), systemRandom);
}

function read(state: RatchetState, envelope: Uint8Array): RatchetState {
  const result = decryptMessage(state, envelope, NOW);
  if (result.outcome !== 'new') {
    throw new Error(result.outcome);
  }
  return result.state;
}

/** The responder's first turn has arrived, so both sides may send. */
function openChat(): { initiator: RatchetState; responder: RatchetState } {
  const { initiated, responded } = meet('benchmark');
  const { envelope, state } = send(responded.state);
  return { initiator: read(initiated.state, envelope), responder: state };
}

export const session: readonly Benchmark[] = [
  {
    // Both devices' work: card and one-time prekey opened and checked, request made, opened and answered.
    name: 'session-setup',
    unit: 'ms',
    setup() {
      const inviter = makeInviter(systemRandom);
      const { identity, inviteKeys, cardKeys, oneTime } = inviter;
      const { inviteId, cardKey, prekeyKey } = inviteKeys;
      const joiner = Identity.generate(systemRandom);
      return () => {
        const card = openCard(inviter.sealedCard, identity.publicKey, inviteId, cardKey, NOW);
        const oneTimePrekey = openOneTimePrekey(inviter.sealedOneTime, identity.publicKey, inviteId, prekeyKey, NOW);
        const options = {
          identity: joiner,
          name: 'Alice',
          keys: inviteKeys,
          card,
          oneTimePrekey,
          body: body('request'),
        };
        const { envelope, state } = initiateChat(options, systemRandom);
        const request = openRequest(envelope, inviteKeys);
        const answered = respondToRequest(request, { identity, cardKeys, oneTimePrekey: oneTime });
        wipeState(state);
        wipeState(answered.state);
      };
    },
  },
  {
    name: 'encrypt-256B',
    unit: 'µs',
    bytes: MESSAGE_SIZE,
    setup() {
      const { state } = send(openChat().initiator);
      // Pure, so the same index is next each time: a turn has only 1000.
      return () => retire(send(state).state, state);
    },
  },
  {
    name: 'decrypt-256B',
    unit: 'µs',
    bytes: MESSAGE_SIZE,
    setup() {
      const { initiator, responder } = openChat();
      const first = send(initiator);
      const state = read(responder, first.envelope);
      const { envelope } = send(first.state);
      // Pure, so the same message is new to the same state each time.
      return () => read(state, envelope);
    },
  },
  {
    // One message that begins a turn, sent and read: each call swaps the sides.
    name: 'ping-pong-256B',
    unit: 'µs',
    bytes: MESSAGE_SIZE,
    setup() {
      let { initiator: sender, responder: reader } = openChat();
      return () => {
        const sent = send(sender);
        const received = read(reader, sent.envelope);
        retire(sender, sent.state);
        retire(reader, received);
        [sender, reader] = [received, sent.state];
      };
    },
  },
];
