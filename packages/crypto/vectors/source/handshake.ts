import { encodeTranscript, hashTranscript, type Transcript } from '../../src/handshake/transcript.ts';
import {
  createCard,
  deriveInviteKeys,
  generateOneTimePrekey,
  Identity,
  initiateChat,
  openCard,
  openOneTimePrekey,
  openRequest,
  respondToRequest,
  Secret,
  sealOneTimePrekey,
  serializeCardKeys,
  serializeOneTimePrekey,
  serializeState,
} from '../../src/index.ts';
import { splitOneTimeKey } from '../../src/invite/prekey.ts';
import { requestBody } from '../../test/support/chat.ts';
import { Draws, hex, sha256Hex } from './draws.ts';

const NOW = 1_800_000_000;

/** docs/protocol/handshake.md */
export function handshakeVectors(): unknown {
  return {
    spec: 'docs/protocol/handshake.md',
    now: NOW,
    cases: [handshake('with a one-time prekey', true), handshake('without a one-time prekey', false)],
  };
}

function handshake(name: string, withOneTime: boolean): unknown {
  const draws = new Draws(`handshake/${name}`);
  const responderSeed = draws.random(32);
  const initiatorSeed = draws.random(32);
  const secret = draws.random(32);
  const responder = Identity.fromSeed(responderSeed.slice());
  const initiator = Identity.fromSeed(initiatorSeed.slice());
  const keys = deriveInviteKeys(new Secret(secret.slice()));
  const details = {
    inviteId: keys.inviteId,
    name: 'Bob',
    prekeyId: 7,
    inbox: draws.random(32),
    relay: 'wss://relay.example',
    expiresAt: NOW + 604_800,
    oneTime: true,
  };
  const { sealed, keys: cardKeys } = createCard(responder, keys.cardKey, details, NOW, draws.random);
  const pair = generateOneTimePrekey(1, NOW, draws.random);
  const sealedPair = sealOneTimePrekey(responder, keys.inviteId, keys.prekeyKey, pair, draws.random);
  const owner = responder.publicKey;
  const card = openCard(sealed, owner, keys.inviteId, keys.cardKey, NOW);
  const oneTimePrekey = withOneTime
    ? openOneTimePrekey(sealedPair, owner, keys.inviteId, keys.prekeyKey, NOW)
    : undefined;
  draws.taken();

  const body = requestBody('hello');
  const initiated = initiateChat({ identity: initiator, name: 'Alice', keys, card, oneTimePrekey, body }, draws.random);
  const initiatorDraws = draws.taken();
  const opened = openRequest(initiated.envelope, keys);
  const oneTime = withOneTime ? pair : undefined;
  const responded = respondToRequest(opened, { identity: responder, cardKeys, oneTimePrekey: oneTime });

  const transcript: Transcript = {
    cardHash: card.hash,
    inviteId: keys.inviteId,
    initiatorKey: initiator.publicKey,
    responderKey: owner,
    initiatorName: 'Alice',
    responderName: 'Bob',
    signedPrekey: card.signedPrekey,
    oneTimePrekey: oneTimePrekey && { id: oneTimePrekey.id, key: splitOneTimeKey(oneTimePrekey.key).x25519 },
    kemPrekey: oneTimePrekey
      ? { id: oneTimePrekey.id, key: splitOneTimeKey(oneTimePrekey.key).xWing }
      : card.lastResortPrekey,
    ephemeralKey: opened.ephemeralKey,
    kemCiphertext: opened.kemCiphertext,
  };
  const nobody = new Uint8Array(0);
  const refused = (why: string, at: number) => {
    const change = { at, xor: 0x80 };
    const changed = initiated.envelope.with(at, (initiated.envelope[at] as number) ^ change.xor);
    return { why, change, envelopeSha256: sha256Hex(changed), code: 'AUTHENTICATION_FAILED' };
  };
  return {
    name,
    initiatorSeed: hex(initiatorSeed),
    initiatorName: 'Alice',
    responderSeed: hex(responderSeed),
    inviteSecret: hex(secret),
    sealedCard: hex(sealed),
    sealedOneTimePrekey: withOneTime ? hex(sealedPair) : null,
    responderCardKeys: hex(serializeCardKeys(cardKeys)),
    responderOneTimePrekey: withOneTime ? hex(serializeOneTimePrekey(pair)) : null,
    body: hex(body),
    draws: initiatorDraws,
    transcript: hex(encodeTranscript(transcript)),
    transcriptHash: hex(initiated.transcriptHash),
    requestId: hex(initiated.requestId),
    envelope: hex(initiated.envelope),
    initiatorState: hex(serializeState(initiated.state)),
    responderState: hex(serializeState(responded.state)),
    /** What an implementation gets that leaves a field empty: it must not be the hash above. */
    wrongTranscriptHashes: [
      { why: 'IK_A left out', hash: hex(hashTranscript({ ...transcript, initiatorKey: nobody })) },
      { why: 'IK_B left out', hash: hex(hashTranscript({ ...transcript, responderKey: nobody })) },
      { why: 'names left out', hash: hex(hashTranscript({ ...transcript, initiatorName: '', responderName: '' })) },
    ],
    refused: [
      refused('nonce changed', 0),
      refused('version or prekey ids changed', 24),
      refused('ratchet message changed', 3000),
    ],
  };
}
