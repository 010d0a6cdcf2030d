import { utf8 } from '../../src/bytes.ts';
import {
  createCard,
  deriveInviteKeys,
  encodeInvite,
  generateOneTimePrekey,
  Identity,
  Secret,
} from '../../src/index.ts';
import { sealOneTimePrekey } from '../../src/invite/prekey.ts';
import { LABEL } from '../../src/labels.ts';
import { Draws, hex } from './draws.ts';

const NOW = 1_800_000_000;

/** docs/protocol/invite.md */
export function cardVectors(): unknown {
  const draws = new Draws('card');
  const identitySeed = draws.random(32);
  const secret = draws.random(32);
  const identity = Identity.fromSeed(identitySeed.slice());
  const keys = deriveInviteKeys(new Secret(secret.slice()));
  const relay = 'wss://relay.example';
  const inbox = draws.random(32);
  draws.taken();

  const details = {
    inviteId: keys.inviteId,
    name: 'Bob',
    prekeyId: 7,
    inbox,
    relay,
    expiresAt: NOW + 604_800,
    oneTime: true,
  };
  const card = createCard(identity, keys.cardKey, details, NOW, draws.random);
  const cardDraws = draws.taken();
  const pair = generateOneTimePrekey(1, NOW, draws.random);
  const sealedPair = sealOneTimePrekey(identity, keys.inviteId, keys.prekeyKey, pair, draws.random);
  const pairDraws = draws.taken();

  const stranger = Identity.generate(draws.random);
  const strangersCard = createCard(stranger, keys.cardKey, details, NOW, draws.random);
  const strangersPair = sealOneTimePrekey(stranger, keys.inviteId, keys.prekeyKey, pair, draws.random);
  const otherInvite = deriveInviteKeys(new Secret(draws.random(32)));
  const foreign = createCard(identity, keys.cardKey, { ...details, inviteId: otherInvite.inviteId }, NOW, draws.random);

  const encoded = card.keys.card.signed.slice(64);
  const flipped = card.sealed.with(2000, (card.sealed[2000] as number) ^ 1);
  return {
    spec: 'docs/protocol/invite.md',
    identitySeed: hex(identitySeed),
    identityKey: hex(identity.publicKey),
    inviteSecret: hex(secret),
    relay,
    link: encodeInvite({ relay, secret: new Secret(secret.slice()), identityKey: identity.publicKey }),
    inviteId: hex(keys.inviteId),
    cardLocator: hex(keys.cardLocator.expose()),
    cardKey: hex(keys.cardKey.expose()),
    prekeyKey: hex(keys.prekeyKey.expose()),
    inboxKey: hex(keys.inboxKey.expose()),
    now: NOW,
    card: {
      details: { name: 'Bob', prekeyId: 7, inbox: hex(inbox), expiresAt: NOW + 604_800, oneTime: true },
      draws: cardDraws,
      encoded: hex(encoded),
      signatureInput: hex(new Uint8Array([...LABEL.cardSignature, ...encoded])),
      signature: hex(card.keys.card.signed.slice(0, 64)),
      hash: hex(card.keys.card.hash),
      sealed: hex(card.sealed),
    },
    oneTimePrekey: { id: 1, draws: pairDraws, sealed: hex(sealedPair) },
    refusedCards: [
      { why: 'a flipped bit', sealed: hex(flipped), now: NOW, code: 'AUTHENTICATION_FAILED' },
      { why: 'truncated', sealed: hex(card.sealed.slice(0, -1)), now: NOW, code: 'MALFORMED' },
      { why: 'past its date', sealed: hex(card.sealed), now: NOW + 604_800, code: 'EXPIRED' },
      { why: 'signed by another identity', sealed: hex(strangersCard.sealed), now: NOW, code: 'INVALID_SIGNATURE' },
      { why: 'sealed for another invite', sealed: hex(foreign.sealed), now: NOW, code: 'AUTHENTICATION_FAILED' },
    ],
    refusedOneTimePrekeys: [
      { why: 'past its date', sealed: hex(sealedPair), now: NOW + 2_678_400, code: 'EXPIRED' },
      { why: 'signed by another identity', sealed: hex(strangersPair), now: NOW, code: 'INVALID_SIGNATURE' },
      { why: 'truncated', sealed: hex(sealedPair.slice(1)), now: NOW, code: 'MALFORMED' },
    ],
    refusedLinks: [
      { why: 'another scheme', link: `https://relay.example#${hex(utf8('x'))}`, code: 'MALFORMED' },
      { why: 'cut', link: 'secret-chat:wss://relay.example#AQ', code: 'MALFORMED' },
      { why: 'a later version', link: 'secret-chat:wss://relay.example#Ag', code: 'UNSUPPORTED_VERSION' },
    ],
  };
}
