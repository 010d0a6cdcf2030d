import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pad } from '../../src/bytes.ts';
import {
  createCard,
  deriveInviteKeys,
  deserializeCardKeys,
  deserializeOneTimePrekey,
  generateOneTimePrekey,
  Identity,
  openCard,
  openOneTimePrekey,
  PREKEY_LIFETIME_SECONDS,
  SEALED_CARD_SIZE,
  SEALED_ONE_TIME_PREKEY_SIZE,
  Secret,
  sealOneTimePrekey,
  serializeCardKeys,
  serializeOneTimePrekey,
  wipeCardKeys,
  wipeInviteKeys,
  wipeOneTimePrekey,
  xchachaSeal,
} from '../../src/index.ts';
import { signPrekey, verifyPrekey } from '../../src/invite/prekey.ts';
import { LABEL } from '../../src/labels.ts';
import { type Inviter, makeInviter, NOW, RELAY, readInvite } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('card');
const bob = makeInviter(random);
const mallory = makeInviter(random);

function open(inviter: Inviter, sealed: Uint8Array, now = NOW) {
  const { inviteId, cardKey } = inviter.inviteKeys;
  return openCard(sealed, inviter.identity.publicKey, inviteId, cardKey, now);
}

function openPrekey(inviter: Inviter, sealed: Uint8Array, now = NOW) {
  const { inviteId, prekeyKey } = inviter.inviteKeys;
  return openOneTimePrekey(sealed, inviter.identity.publicKey, inviteId, prekeyKey, now);
}

/** Seals what a thief of the invite secret may seal: anything, but without the inviter's signature. */
function sealAsCard(inviter: Inviter, signed: Uint8Array): Uint8Array {
  const { cardKey, inviteId } = inviter.inviteKeys;
  const nonce = random(24);
  const context = new Uint8Array([...LABEL.card, ...inviteId]);
  const plaintext = pad(signed, SEALED_CARD_SIZE - 40);
  return new Uint8Array([...nonce, ...xchachaSeal(cardKey.expose(), nonce, plaintext, context)]);
}

describe('card', () => {
  test('says what its owner said, in 4096 bytes', () => {
    expect(bob.sealedCard.length).toBe(SEALED_CARD_SIZE);
    const { card } = readInvite(bob);
    expect(card).toMatchObject({ version: 1, name: 'Bob', relay: RELAY, oneTime: true, expiresAt: NOW + 7 * 86_400 });
    expect(card.hash).toEqual(bob.cardKeys.card.hash);
    expect(card.signedPrekey.notAfter).toBe(NOW + PREKEY_LIFETIME_SECONDS);
  });

  test('any flipped bit is refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SEALED_CARD_SIZE * 8 - 1 }), (bit) => {
        const changed = bob.sealedCard.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expectCode('AUTHENTICATION_FAILED', () => open(bob, changed));
      }),
    );
  });

  test('a time that is none counts as late', () => {
    expectCode('EXPIRED', () => open(bob, bob.sealedCard, Number.NaN));
    expectCode('EXPIRED', () => openPrekey(bob, bob.sealedOneTime, Number.NaN));
  });

  test('truncated and longer ones are refused', () => {
    expectCode('MALFORMED', () => open(bob, bob.sealedCard.slice(0, -1)));
    expectCode('MALFORMED', () => open(bob, new Uint8Array([...bob.sealedCard, 0])));
    expectCode('MALFORMED', () => open(bob, new Uint8Array(0)));
  });

  test('one that is past its date, or whose prekeys are, is refused', () => {
    open(bob, bob.sealedCard, NOW + 7 * 86_400 - 1);
    expectCode('EXPIRED', () => open(bob, bob.sealedCard, NOW + 7 * 86_400));
    const { inviteId, cardKey } = bob.inviteKeys;
    const details = { ...bob.cardKeys.card, prekeyId: 9, expiresAt: NOW + 365 * 86_400 };
    const { sealed } = createCard(bob.identity, cardKey, { ...details, inviteId }, NOW, random);
    open(bob, sealed, NOW + PREKEY_LIFETIME_SECONDS - 1);
    expectCode('EXPIRED', () => open(bob, sealed, NOW + PREKEY_LIFETIME_SECONDS));
  });

  test('another invite of the same device, and another device, are refused', () => {
    const other = { ...bob, inviteKeys: deriveInviteKeys(new Secret(random(32))) };
    expectCode('AUTHENTICATION_FAILED', () => open(other, bob.sealedCard));
    expectCode('AUTHENTICATION_FAILED', () => open(mallory, bob.sealedCard));
    // Whoever holds the invite can seal a card again, but only with the owner's signature on it.
    expectCode('INVALID_SIGNATURE', () => open(bob, sealAsCard(bob, mallory.cardKeys.card.signed)));
    expectCode('MISMATCH', () => open(other, sealAsCard(other, bob.cardKeys.card.signed)));
    expect(open(bob, sealAsCard(bob, bob.cardKeys.card.signed)).hash).toEqual(bob.cardKeys.card.hash);
  });

  test('a card signed for someone else’s identity key is refused', () => {
    const { cardKey, inviteId } = bob.inviteKeys;
    const liar = Object.create(mallory.identity, {
      publicKey: { value: bob.identity.publicKey },
      sign: { value: (message: Uint8Array) => mallory.identity.sign(message) },
    }) as Identity;
    const { sealed } = createCard(liar, cardKey, { ...bob.cardKeys.card, inviteId, prekeyId: 1 }, NOW, random);
    expectCode('INVALID_SIGNATURE', () => open(bob, sealed));
    // And one that names another key than the one that signed it.
    const { sealed: twisted } = createCard(
      Object.create(bob.identity, {
        publicKey: { value: mallory.identity.publicKey },
        sign: { value: (message: Uint8Array) => bob.identity.sign(message) },
      }) as Identity,
      cardKey,
      { ...bob.cardKeys.card, inviteId, prekeyId: 1 },
      NOW,
      random,
    );
    expectCode('MISMATCH', () => open(bob, twisted));
  });

  test('a later version is told as such', () => {
    const signed = bob.cardKeys.card.signed.slice(64);
    const at = new TextDecoder('latin1').decode(signed).indexOf('gversion') + 8;
    signed[at] = 2;
    const resigned = new Uint8Array([
      ...bob.identity.sign(new Uint8Array([...LABEL.cardSignature, ...signed])),
      ...signed,
    ]);
    expectCode('UNSUPPORTED_VERSION', () => open(bob, sealAsCard(bob, resigned)));
  });

  test('names, relays and sizes are checked when a card is made', () => {
    const { cardKey, inviteId } = bob.inviteKeys;
    const make = (change: object) =>
      createCard(bob.identity, cardKey, { ...bob.cardKeys.card, inviteId, prekeyId: 1, ...change }, NOW, random);
    expectCode('INVALID_ARGUMENT', () => make({ name: '' }));
    expectCode('INVALID_ARGUMENT', () => make({ name: 'x'.repeat(64) }));
    expectCode('INVALID_ARGUMENT', () => make({ name: '\ud800' }));
    expectCode('INVALID_ARGUMENT', () => make({ relay: 'https://relay.example' }));
    expectCode('INVALID_ARGUMENT', () => make({ inbox: random(31) }));
    expectCode('INVALID_ARGUMENT', () => make({ expiresAt: -1 }));
    expectCode('INVALID_ARGUMENT', () => make({ prekeyId: 0 }));
    expectCode('INVALID_ARGUMENT', () => make({ name: '\ufeffBob' }));
    expectCode('INVALID_ARGUMENT', () => generateOneTimePrekey(0, NOW, random));
    make({ name: 'x'.repeat(63) });
  });
});

describe('prekeys', () => {
  test('a sealed one-time pair has 1364 bytes and opens once its signature, id and date hold', () => {
    expect(bob.sealedOneTime.length).toBe(SEALED_ONE_TIME_PREKEY_SIZE);
    expect(SEALED_ONE_TIME_PREKEY_SIZE).toBe(1364);
    expect(openPrekey(bob, bob.sealedOneTime).id).toBe(bob.oneTime.id);
    expectCode('EXPIRED', () => openPrekey(bob, bob.sealedOneTime, NOW + PREKEY_LIFETIME_SECONDS));
    expectCode('MALFORMED', () => openPrekey(bob, bob.sealedOneTime.slice(1)));
  });

  test('foreign and re-wrapped ones are refused', () => {
    expectCode('AUTHENTICATION_FAILED', () => openPrekey(bob, mallory.sealedOneTime));
    // Sealed for Bob's invite by someone who holds it, but signed by another identity.
    const { inviteId, prekeyKey } = bob.inviteKeys;
    const foreign = sealOneTimePrekey(mallory.identity, inviteId, prekeyKey, mallory.oneTime, random);
    expectCode('INVALID_SIGNATURE', () => openPrekey(bob, foreign));
    // Signed by Bob, but for another of his invites.
    const other = deriveInviteKeys(new Secret(random(32)));
    const rewrapped = sealOneTimePrekey(bob.identity, other.inviteId, prekeyKey, bob.oneTime, random);
    expectCode('AUTHENTICATION_FAILED', () => openPrekey(bob, rewrapped));
    expectCode('INVALID_SIGNATURE', () =>
      verifyPrekey(bob.identity.publicKey, 'signed', other.inviteId, bob.cardKeys.card.signedPrekey, NOW),
    );
  });

  test('the three kinds cannot stand in for each other, nor ids, dates and keys be mixed', () => {
    const { inviteId } = bob.inviteKeys;
    const { signedPrekey, lastResortPrekey } = bob.cardKeys.card;
    const owner = bob.identity.publicKey;
    expectCode('INVALID_SIGNATURE', () => verifyPrekey(owner, 'one-time', inviteId, signedPrekey, NOW));
    expectCode('INVALID_SIGNATURE', () => verifyPrekey(owner, 'signed', inviteId, lastResortPrekey, NOW));
    for (const change of [{ id: 8 }, { notAfter: signedPrekey.notAfter + 1 }, { key: random(32) }]) {
      expectCode('INVALID_SIGNATURE', () =>
        verifyPrekey(owner, 'signed', inviteId, { ...signedPrekey, ...change }, NOW),
      );
    }
  });

  test('a one-time pair with id 0, which means none, is refused', () => {
    const { inviteId, prekeyKey } = bob.inviteKeys;
    const sealed = sealOneTimePrekey(bob.identity, inviteId, prekeyKey, { ...bob.oneTime, id: 0 }, random);
    expectCode('MALFORMED', () => openPrekey(bob, sealed));
  });

  test('bad keys are refused even when they are signed', () => {
    const { inviteId } = bob.inviteKeys;
    const notAfter = NOW + 60;
    const sign = (kind: 'signed' | 'last-resort', key: Uint8Array) =>
      signPrekey(bob.identity, kind, inviteId, { id: 1, key, notAfter });
    const high = new Uint8Array(32).fill(0xff);
    expectCode('INVALID_KEY', () =>
      verifyPrekey(bob.identity.publicKey, 'signed', inviteId, sign('signed', high), NOW),
    );
    const xWing = bob.cardKeys.lastResortPrekey.publicKey;
    xWing.set(high, 1184);
    expectCode('INVALID_KEY', () =>
      verifyPrekey(bob.identity.publicKey, 'last-resort', inviteId, sign('last-resort', xWing), NOW),
    );
  });
});

describe('stored prekeys', () => {
  test('come back as they were', () => {
    const keys = deserializeCardKeys(serializeCardKeys(bob.cardKeys), bob.identity.publicKey);
    expect(keys.card).toEqual(bob.cardKeys.card);
    expect(keys.signedPrekey.privateKey.expose()).toEqual(bob.cardKeys.signedPrekey.privateKey.expose());
    expect(keys.lastResortPrekey.publicKey).toEqual(bob.cardKeys.lastResortPrekey.publicKey);
    const pair = deserializeOneTimePrekey(serializeOneTimePrekey(bob.oneTime));
    expect([pair.id, pair.notAfter]).toEqual([bob.oneTime.id, bob.oneTime.notAfter]);
    expect(pair.xWing.publicKey).toEqual(bob.oneTime.xWing.publicKey);
    expect(pair.x25519.publicKey).toEqual(bob.oneTime.x25519.publicKey);
  });

  test('foreign, mixed and truncated ones are refused', () => {
    const bytes = serializeCardKeys(bob.cardKeys);
    const owner = bob.identity.publicKey;
    expectCode('UNSUPPORTED_VERSION', () => deserializeCardKeys(bytes.with(0, 2), owner));
    expectCode('INVALID_SIGNATURE', () => deserializeCardKeys(bytes, mallory.identity.publicKey));
    expectCode('INVALID_SIGNATURE', () => deserializeCardKeys(bytes.slice(0, -1), owner));
    expectCode('MALFORMED', () => deserializeCardKeys(bytes.slice(0, 70), owner));
    const mixed = bytes.slice();
    mixed.set(mallory.cardKeys.signedPrekey.privateKey.expose(), 1);
    expectCode('MISMATCH', () => deserializeCardKeys(mixed, owner));
    const pair = serializeOneTimePrekey(bob.oneTime);
    expect(pair.length).toBe(77);
    expectCode('MALFORMED', () => deserializeOneTimePrekey(pair.slice(0, -1)));
    expectCode('MALFORMED', () => deserializeOneTimePrekey(new Uint8Array([...pair, 0])));
    expectCode('UNSUPPORTED_VERSION', () => deserializeOneTimePrekey(pair.with(0, 9)));
  });

  test('wiping leaves nothing', () => {
    const own = makeInviter(seededRandom('wiped'));
    wipeCardKeys(own.cardKeys);
    wipeOneTimePrekey(own.oneTime);
    wipeInviteKeys(own.inviteKeys);
    own.identity.wipe();
    for (const secret of [
      own.cardKeys.signedPrekey.privateKey,
      own.cardKeys.lastResortPrekey.seed,
      own.oneTime.xWing.seed,
      own.oneTime.x25519.privateKey,
      own.inviteKeys.cardKey,
      own.inviteKeys.inboxKey,
      own.inviteKeys.prekeyKey,
      own.inviteKeys.cardLocator,
      own.identity.seed,
      own.identity.agreementKey.privateKey,
    ]) {
      expect(secret.wiped).toBe(true);
      expectCode('SECRET_WIPED', () => secret.expose());
    }
    expectCode('SECRET_WIPED', () => own.identity.sign(new Uint8Array(1)));
  });
});

describe('identity', () => {
  test('comes back from its seed', () => {
    const restored = Identity.fromSeed(bob.identity.seed.expose().slice());
    expect(restored.publicKey).toEqual(bob.identity.publicKey);
    expect(restored.agreementKey.publicKey).toEqual(bob.identity.agreementKey.publicKey);
    expectCode('INVALID_ARGUMENT', () => Identity.fromSeed(new Uint8Array(31)));
  });

  test('an invite secret of another size is refused', () => {
    expectCode('INVALID_ARGUMENT', () => deriveInviteKeys(new Secret(new Uint8Array(16))));
  });
});
