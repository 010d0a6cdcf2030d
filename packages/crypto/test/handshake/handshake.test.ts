import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashTranscript, type Transcript } from '../../src/handshake/transcript.ts';
import {
  BODY_SIZE,
  CryptoError,
  ENVELOPE_SIZE,
  generateOneTimePrekey,
  Identity,
  type InitiateOptions,
  initiateChat,
  openRequest,
  type RespondOptions,
  respondToRequest,
  Secret,
  serializeState,
  XWingKeyPair,
  xchachaOpen,
  xchachaSeal,
} from '../../src/index.ts';
import { LABEL } from '../../src/labels.ts';
import { acceptSession, initiateSession } from '../../src/ratchet/session.ts';
import { type Inviter, makeInviter, meet, readInvite, requestBody } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('handshake');
const bob = makeInviter(random);
const alice = Identity.generate(random);

function begin(change: Partial<InitiateOptions> = {}, source = random) {
  const { card, oneTimePrekey } = readInvite(bob);
  const keys = bob.inviteKeys;
  return initiateChat(
    { identity: alice, name: 'Alice', keys, card, oneTimePrekey, body: requestBody(), ...change },
    source,
  );
}

function answer(envelope: Uint8Array, change: Partial<RespondOptions> = {}) {
  const options = { identity: bob.identity, cardKeys: bob.cardKeys, oneTimePrekey: bob.oneTime };
  return respondToRequest(openRequest(envelope, bob.inviteKeys), { ...options, ...change });
}

/** Changes what is inside the seal, as anyone who holds the invite could. */
function reseal(inviter: Inviter, envelope: Uint8Array, change: (plaintext: Uint8Array) => void, nonce?: Uint8Array) {
  const { inboxKey, inviteId } = inviter.inviteKeys;
  const context = new Uint8Array([...LABEL.requestEnvelope, ...inviteId]);
  const plaintext = xchachaOpen(inboxKey.expose(), envelope.slice(0, 24), envelope.slice(24), context);
  change(plaintext);
  const fresh = nonce ?? envelope.slice(0, 24);
  return new Uint8Array([...fresh, ...xchachaSeal(inboxKey.expose(), fresh, plaintext, context)]);
}

describe.each([true, false])('handshake (one-time prekey: %s)', (withOneTime) => {
  const none = withOneTime ? {} : { oneTimePrekey: undefined };

  test('both sides get the same transcript, names and keys', () => {
    const initiated = begin(none);
    expect(initiated.envelope.length).toBe(ENVELOPE_SIZE.request);
    const opened = openRequest(initiated.envelope, bob.inviteKeys);
    expect(opened.requestId).toEqual(initiated.requestId);
    const responded = answer(initiated.envelope, none);
    expect(responded.transcriptHash).toEqual(initiated.transcriptHash);
    expect(responded.initiator.name).toBe('Alice');
    expect(responded.initiator.identityKey).toEqual(alice.publicKey);
    expect(responded.body).toEqual(requestBody());
    expect(responded.body.length).toBe(BODY_SIZE.request);
    expect(responded.state.rootKey.expose()).toEqual(initiated.state.rootKey.expose());
  });

  test('any flipped bit of the envelope is refused alike', () => {
    const { envelope } = begin(none);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: envelope.length * 8 - 1 }), (bit) => {
        const changed = envelope.with(bit >> 3, (envelope[bit >> 3] as number) ^ (1 << (bit & 7)));
        expectCode('AUTHENTICATION_FAILED', () => openRequest(changed, bob.inviteKeys));
      }),
    );
  });

  test('someone with the link cannot change a byte inside the seal either', () => {
    const { envelope } = begin(none);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4055 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = reseal(bob, envelope, (plaintext) => {
          plaintext[at] = (plaintext[at] as number) ^ mask;
        });
        let thrown: unknown;
        try {
          answer(changed, none);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(CryptoError);
        expect(['AUTHENTICATION_FAILED', 'UNKNOWN_PREKEY', 'UNSUPPORTED_VERSION', 'INVALID_KEY']).toContain(
          (thrown as CryptoError).code,
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('a request', () => {
  test('sealed again keeps its id, and under another nonce does not open', () => {
    const { envelope, requestId } = begin();
    const again = reseal(bob, envelope, () => {}, random(24));
    expect(again).not.toEqual(envelope);
    expect(openRequest(again, bob.inviteKeys).requestId).toEqual(requestId);
    expectCode('AUTHENTICATION_FAILED', () => answer(again));
  });

  test('replayed, it gives the same id and the same session: the id is what a device must remember', () => {
    const { envelope } = begin();
    const [first, second] = [answer(envelope), answer(envelope)];
    expect(openRequest(envelope, bob.inviteKeys).requestId).toEqual(openRequest(envelope, bob.inviteKeys).requestId);
    expect(serializeState(first.state)).toEqual(serializeState(second.state));
  });

  test('two requests of one device have nothing in common', () => {
    const [first, second] = [begin(), begin()];
    expect(first.requestId).not.toEqual(second.requestId);
    expect(first.transcriptHash).not.toEqual(second.transcriptHash);
  });

  test('names prekeys that must be held', () => {
    const { envelope } = begin();
    expectCode('UNKNOWN_PREKEY', () => answer(envelope, { oneTimePrekey: undefined }));
    expectCode('UNKNOWN_PREKEY', () => answer(envelope, { oneTimePrekey: generateOneTimePrekey(2, 0, random) }));
    expectCode('UNKNOWN_PREKEY', () => answer(begin({ oneTimePrekey: undefined }).envelope));
    // The right id with another key.
    const impostor = generateOneTimePrekey(bob.oneTime.id, 0, random);
    expectCode('AUTHENTICATION_FAILED', () => answer(envelope, { oneTimePrekey: impostor }));
  });

  test('of another size, to another invite, or of a later version is refused', () => {
    const { envelope } = begin();
    expectCode('MALFORMED', () => openRequest(envelope.slice(1), bob.inviteKeys));
    expectCode('MALFORMED', () => openRequest(new Uint8Array(16_384), bob.inviteKeys));
    expectCode('AUTHENTICATION_FAILED', () => openRequest(envelope, makeInviter(random).inviteKeys));
    const later = reseal(bob, envelope, (plaintext) => plaintext.set([2]));
    expectCode('UNSUPPORTED_VERSION', () => openRequest(later, bob.inviteKeys));
  });

  test('with a low-order ephemeral key is refused', () => {
    const zero = reseal(bob, begin().envelope, (plaintext) => plaintext.fill(0, 9, 41));
    expectCode('AUTHENTICATION_FAILED', () => answer(zero));
  });

  test('to oneself is refused on both sides', () => {
    expectCode('OWN_INVITE', () => begin({ identity: bob.identity }));
    // A modified client that sends it all the same, from a copy of the store.
    let looks = 0;
    const unnoticed = Object.create(bob.identity, {
      publicKey: { get: () => (looks++ === 0 ? alice.publicKey : bob.identity.publicKey) },
      agreementKey: { value: bob.identity.agreementKey },
    }) as Identity;
    const { envelope } = begin({ identity: unnoticed });
    expectCode('OWN_INVITE', () => answer(envelope));
    // The claim counts only once the request authenticated: with the link alone it cannot be made.
    const broken = reseal(bob, envelope, (plaintext) => plaintext.fill(0, 4000));
    expectCode('AUTHENTICATION_FAILED', () => answer(broken));
  });

  test('with a wrong body, name or prekey is refused when it is made', () => {
    expectCode('INVALID_ARGUMENT', () => begin({ body: new Uint8Array(10) }));
    expectCode('INVALID_ARGUMENT', () => begin({ name: 'x'.repeat(64) }));
    expectCode('INVALID_ARGUMENT', () => begin({ name: '\ufeffAlice' }));
    const { card } = readInvite(bob);
    const lowOrder = { ...card, signedPrekey: { ...card.signedPrekey, key: new Uint8Array(32) } };
    expectCode('INVALID_KEY', () => begin({ card: lowOrder }));
    const key = card.lastResortPrekey.key.slice().fill(0xff, 0, 1184);
    const overflow = { ...card, lastResortPrekey: { ...card.lastResortPrekey, key } };
    expectCode('INVALID_KEY', () => begin({ card: overflow, oneTimePrekey: undefined }));
    expectCode('INVALID_KEY', () => begin({ card: { ...card, identityKey: new Uint8Array(32) } }));
  });
});

describe('the transcript', () => {
  const transcript: Transcript = {
    cardHash: random(32),
    inviteId: random(32),
    initiatorKey: random(32),
    responderKey: random(32),
    initiatorName: 'Alice',
    responderName: 'Bob',
    signedPrekey: { id: 1, key: random(32) },
    oneTimePrekey: { id: 2, key: random(32) },
    kemPrekey: { id: 2, key: random(1216) },
    ephemeralKey: random(32),
    kemCiphertext: random(1120),
  };

  test('changes with each of its fields', () => {
    const changes: Partial<Transcript>[] = [
      { cardHash: random(32) },
      { inviteId: random(32) },
      { initiatorKey: random(32) },
      { responderKey: random(32) },
      { initiatorName: 'Alicf' },
      { responderName: 'Boc' },
      { initiatorName: 'AliceB', responderName: 'ob' },
      { signedPrekey: { ...transcript.signedPrekey, id: 3 } },
      { signedPrekey: { ...transcript.signedPrekey, key: random(32) } },
      { oneTimePrekey: undefined },
      { oneTimePrekey: { id: 3, key: transcript.oneTimePrekey?.key as Uint8Array } },
      { oneTimePrekey: { id: 2, key: random(32) } },
      { kemPrekey: { ...transcript.kemPrekey, id: 3 } },
      { kemPrekey: { ...transcript.kemPrekey, key: random(1216) } },
      { ephemeralKey: random(32) },
      { kemCiphertext: random(1120) },
      { initiatorKey: transcript.responderKey, responderKey: transcript.initiatorKey },
    ];
    const hashes = [{}, ...changes].map((change) =>
      Buffer.from(hashTranscript({ ...transcript, ...change })).toString('hex'),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('two identity keys with the same X25519 form are two identities', () => {
    // The map to X25519 loses the sign of x: flipping it gives the negated point, with the same u coordinate.
    const negated = transcript.initiatorKey.with(31, (transcript.initiatorKey[31] as number) ^ 0x80);
    expect(hashTranscript({ ...transcript, initiatorKey: negated })).not.toEqual(hashTranscript(transcript));
  });
});

test('a device name in the card is bound: a renamed responder gives another session', () => {
  const { inviter, initiated } = meet('renamed');
  const renamed = { ...inviter.cardKeys, card: { ...inviter.cardKeys.card, name: 'Eve' } };
  const opened = openRequest(initiated.envelope, inviter.inviteKeys);
  const options = { identity: inviter.identity, oneTimePrekey: inviter.oneTime };
  respondToRequest(opened, { ...options, cardKeys: inviter.cardKeys });
  expectCode('AUTHENTICATION_FAILED', () => respondToRequest(opened, { ...options, cardKeys: renamed }));
});

test('a request whose ratchet key cannot be used does not authenticate', () => {
  const { initiated } = meet('bad ratchet key');
  const seed = () => ({
    handshakeSecret: new Secret<'handshake'>(new Uint8Array(32)),
    transcriptHash: initiated.transcriptHash,
    nonce: random(24),
  });
  const ownKey = new XWingKeyPair(random(32));
  const broken = ownKey.publicKey.fill(0xff, 0, 1184);
  const liar = Object.create(ownKey, { publicKey: { value: broken } }) as XWingKeyPair;
  const good = seed();
  const { message } = initiateSession(
    { ...good, handshakeSecret: good.handshakeSecret.clone() },
    ownKey,
    requestBody(),
  );
  acceptSession(good, message.slice(0, 1241), message.slice(1241));
  const bad = seed();
  const twisted = initiateSession({ ...bad, handshakeSecret: bad.handshakeSecret.clone() }, liar, requestBody());
  expectCode('AUTHENTICATION_FAILED', () =>
    acceptSession(bad, twisted.message.slice(0, 1241), twisted.message.slice(1241)),
  );
});
