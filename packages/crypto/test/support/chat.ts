import {
  BODY_SIZE,
  type CardKeys,
  contentCapacity,
  createCard,
  deriveInviteKeys,
  emptyDigest,
  encodeBody,
  generateOneTimePrekey,
  Identity,
  type InitiatedChat,
  type InviteKeys,
  initiateChat,
  type OneTimePrekeyPair,
  openCard,
  openOneTimePrekey,
  openRequest,
  type Prekey,
  type RandomSource,
  type RespondedChat,
  respondToRequest,
  Secret,
  sealOneTimePrekey,
  type VerifiedCard,
} from '../../src/index.ts';
import { seededRandom } from './random.ts';

/** Unix time in seconds at which the tests begin. */
export const NOW = 1_800_000_000;

export const RELAY = 'wss://relay.example';

/** Someone who made an invite. */
export interface Inviter {
  readonly identity: Identity;
  readonly inviteKeys: InviteKeys;
  readonly sealedCard: Uint8Array;
  readonly cardKeys: CardKeys;
  readonly oneTime: OneTimePrekeyPair;
  readonly sealedOneTime: Uint8Array;
}

export function makeInviter(random: RandomSource, now: number = NOW): Inviter {
  const identity = Identity.generate(random);
  const inviteKeys = deriveInviteKeys(new Secret(random(32)));
  const { inviteId, cardKey, prekeyKey } = inviteKeys;
  const details = {
    inviteId,
    name: 'Bob',
    prekeyId: 7,
    inbox: random(32),
    relay: RELAY,
    expiresAt: now + 7 * 86_400,
    oneTime: true,
  };
  const { sealed, keys } = createCard(identity, cardKey, details, now, random);
  const oneTime = generateOneTimePrekey(1, now, random);
  const sealedOneTime = sealOneTimePrekey(identity, inviteId, prekeyKey, oneTime, random);
  return { identity, inviteKeys, sealedCard: sealed, cardKeys: keys, oneTime, sealedOneTime };
}

/** The card and one-time prekey as someone with the invite reads them. */
export function readInvite(inviter: Inviter, now: number = NOW): { card: VerifiedCard; oneTimePrekey: Prekey } {
  const { inviteId, cardKey, prekeyKey } = inviter.inviteKeys;
  const owner = inviter.identity.publicKey;
  return {
    card: openCard(inviter.sealedCard, owner, inviteId, cardKey, now),
    oneTimePrekey: openOneTimePrekey(inviter.sealedOneTime, owner, inviteId, prekeyKey, now),
  };
}

export function requestBody(text = 'hello'): Uint8Array {
  const prefix = { seq: 1, ack: 0, digest: emptyDigest(), timer: 'off' } as const;
  return encodeBody('request', prefix, new TextEncoder().encode(text).slice(0, contentCapacity('request')));
}

/** A body of the standard size that says `text`. */
export function bodyOf(text: string, sizeClass: 'standard' | 'large' = 'standard'): Uint8Array {
  const body = new Uint8Array(BODY_SIZE[sizeClass]);
  body.set(new TextEncoder().encode(text));
  return body;
}

export function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body).replace(/\0+$/, '');
}

/** Both sides right after the request was read. */
export interface Meeting {
  readonly inviter: Inviter;
  readonly initiated: InitiatedChat;
  readonly responded: RespondedChat;
}

export function meet(seed = 'meeting', withOneTime = true): Meeting {
  const random = seededRandom(seed);
  const inviter = makeInviter(random);
  const { card, oneTimePrekey } = readInvite(inviter);
  const initiated = initiateChat(
    {
      identity: Identity.generate(random),
      name: 'Alice',
      keys: inviter.inviteKeys,
      card,
      oneTimePrekey: withOneTime ? oneTimePrekey : undefined,
      body: requestBody(),
    },
    random,
  );
  const responded = respondToRequest(openRequest(initiated.envelope, inviter.inviteKeys), {
    identity: inviter.identity,
    cardKeys: inviter.cardKeys,
    oneTimePrekey: withOneTime ? inviter.oneTime : undefined,
  });
  return { inviter, initiated, responded };
}
