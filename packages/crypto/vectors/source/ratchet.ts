import {
  decryptMessage,
  encryptMessage,
  type RatchetState,
  Secret,
  serializeState,
  XWingKeyPair,
} from '../../src/index.ts';
import { acceptSession, initiateSession } from '../../src/ratchet/session.ts';
import { bodyOf, requestBody } from '../../test/support/chat.ts';
import { Draws, hex, sha256Hex } from './draws.ts';

const NOW = 1_800_000_000;

type Name = 'initiator' | 'responder';

/** docs/protocol/ratchet.md */
export function ratchetVectors(): unknown {
  const draws = new Draws('ratchet');
  const handshakeSecret = draws.random(32);
  const transcriptHash = draws.random(32);
  const nonce = draws.random(24);
  const ownSeed = draws.random(32);
  draws.taken();
  const seed = () => ({ handshakeSecret: new Secret<'handshake'>(handshakeSecret.slice()), transcriptHash, nonce });
  const initiated = initiateSession(seed(), new XWingKeyPair(ownSeed.slice()), requestBody('hello'));
  const accepted = acceptSession(seed(), initiated.message.slice(0, 1241), initiated.message.slice(1241));

  const states: Record<Name, RatchetState> = { initiator: initiated.state, responder: accepted.state };
  const envelopes: { from: Name; bytes: Uint8Array }[] = [];
  const steps: unknown[] = [];
  const stateHash = (name: Name) => sha256Hex(serializeState(states[name]));

  const send = (from: Name, text: string, sizeClass: 'standard' | 'large' = 'standard') => {
    const { envelope, state } = encryptMessage(states[from], sizeClass, bodyOf(text, sizeClass), draws.random);
    states[from] = state;
    envelopes.push({ from, bytes: envelope });
    const step = { send: envelopes.length - 1, from, sizeClass, text, draws: draws.taken() };
    steps.push({ ...step, envelope: hex(envelope), stateSha256: stateHash(from) });
  };
  const receive = (index: number, change?: { at: number; xor: number }) => {
    const { from, bytes } = envelopes[index] as { from: Name; bytes: Uint8Array };
    const to: Name = from === 'initiator' ? 'responder' : 'initiator';
    const received = change ? bytes.with(change.at, (bytes[change.at] as number) ^ change.xor) : bytes;
    const result = decryptMessage(states[to], received, NOW);
    if (result.outcome === 'new') {
      states[to] = result.state;
    }
    steps.push({ receive: index, ...(change ? { change } : {}), outcome: result.outcome, stateSha256: stateHash(to) });
  };

  send('responder', 'accepted'); // 0
  receive(0, { at: 100, xor: 1 });
  receive(0);
  receive(0);
  send('initiator', 'a0, lost'); // 1
  send('initiator', 'a1, late'); // 2
  send('initiator', 'a2 opens the turn'); // 3
  receive(3);
  send('responder', 'b0, late by a turn'); // 4
  send('responder', 'b1, a long text', 'large'); // 5
  receive(5);
  receive(2);
  receive(2);
  send('initiator', 'a3'); // 6
  receive(6);
  send('responder', 'b2'); // 7
  receive(7);
  receive(4);
  receive(4);
  receive(7, { at: 4000, xor: 0x40 });

  // An old copy of the initiator's store goes on from before it sent, and the two turns meet.
  const copy = states.initiator;
  send('initiator', 'from the newer store'); // 8
  states.initiator = copy;
  send('initiator', 'from the old copy'); // 9
  receive(8);
  receive(9);
  return {
    spec: 'docs/protocol/ratchet.md',
    now: NOW,
    handshakeSecret: hex(handshakeSecret),
    transcriptHash: hex(transcriptHash),
    nonce: hex(nonce),
    initiatorKeySeed: hex(ownSeed),
    requestBody: hex(requestBody('hello')),
    requestMessage: hex(initiated.message),
    initiatorState: hex(serializeState(initiated.state)),
    responderState: hex(serializeState(accepted.state)),
    steps,
  };
}
