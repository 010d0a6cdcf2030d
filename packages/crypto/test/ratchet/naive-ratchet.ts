/**
 * The ratchet a second time, straight from the text of the protocol: plain bytes, mutable dictionaries, every chain kept
 * from its first key on and walked anew for each message. It shares no code with `src/`; where both agree byte for byte,
 * neither can have misread the text alone.
 *
 * Of the limits it knows one, because the text makes it part of the outcome: a turn is given up after five newer ones.
 */

import { createHash, createHmac, hkdfSync } from 'node:crypto';
import sodium from 'libsodium-wrappers';

const INIT_LABEL = 'secret-chat/v1/ratchet/init';
const ROOT_LABEL = 'secret-chat/v1/ratchet/root';
const SIZE_CLASS = { request: 0, standard: 1, large: 2 } as const;
const REQUEST_HEADER_SIZE = 4 + 4 + 1 + 1216 + 16;
const HEADER_SIZE = 4 + 4 + 1 + 1216 + 1120 + 16;
const REMEMBERED_TURNS = 1 + 5;

type SizeClassName = keyof typeof SIZE_CLASS;
type Random = (length: number) => Uint8Array;

/** What the handshake leaves to the ratchet. */
export interface NaiveSeed {
  readonly handshakeSecret: Uint8Array;
  readonly transcriptHash: Uint8Array;
  readonly nonce: Uint8Array;
}

export type NaiveOutcome = { outcome: 'new'; body: Uint8Array } | { outcome: 'duplicate' | 'fork' | 'unreadable' };

interface Header {
  pn: number;
  n: number;
  publicKey: Uint8Array;
  ciphertext: Uint8Array;
}

interface ReceivedTurn {
  headerKey: Uint8Array;
  firstChainKey: Uint8Array;
  publicKey: Uint8Array;
  ciphertext: Uint8Array;
  /** Known once the turn after it came. */
  length: number | undefined;
  /** Nonce of the envelope that came under each index. */
  nonces: Map<number, Uint8Array>;
}

interface SentTurn {
  headerKey: Uint8Array;
  firstChainKey: Uint8Array;
  pn: number;
  sent: number;
  publicKey: Uint8Array;
  ciphertext: Uint8Array;
}

export class NaiveRatchet {
  transcriptHash: Uint8Array;
  rootKey: Uint8Array;
  myHeaderKey: Uint8Array;
  theirHeaderKey: Uint8Array;
  sending: SentTurn | undefined;
  lastTurnLength = 0;
  /** To encapsulate to; there until it was used. */
  theirPublicKey: Uint8Array | undefined;
  /** To decapsulate with; there until it was used. */
  myPrivateKey: Uint8Array | undefined;
  received: ReceivedTurn[] = [];

  private constructor(
    transcriptHash: Uint8Array,
    rootKey: Uint8Array,
    myHeaderKey: Uint8Array,
    theirHeader: Uint8Array,
  ) {
    this.transcriptHash = transcriptHash;
    this.rootKey = rootKey;
    this.myHeaderKey = myHeaderKey;
    this.theirHeaderKey = theirHeader;
  }

  static initiate(seed: NaiveSeed, ratchetSeed: Uint8Array, body: Uint8Array) {
    const [rootKey, chainKey, requestHeaderKey, mine, theirs] = initialKeys(seed.handshakeSecret);
    const pair = sodium.crypto_kem_xwing_seed_keypair(ratchetSeed);
    const ratchet = new NaiveRatchet(seed.transcriptHash, rootKey, mine, theirs);
    ratchet.myPrivateKey = pair.privateKey;
    ratchet.lastTurnLength = 1;
    const header = join(u32(0), u32(0), [1], pair.publicKey);
    const message = sealBoth(requestHeaderKey, messageKey(chainKey, 0), seed, 'request', header, body);
    return { ratchet, message };
  }

  static accept(seed: NaiveSeed, message: Uint8Array) {
    const [rootKey, chainKey, requestHeaderKey, theirs, mine] = initialKeys(seed.handshakeSecret);
    const sealedHeader = message.slice(0, REQUEST_HEADER_SIZE);
    const headerData = join(seed.transcriptHash, [SIZE_CLASS.request]);
    const header = open(requestHeaderKey, seed.nonce, sealedHeader, headerData);
    const bodyData = join(seed.transcriptHash, seed.nonce, sealedHeader);
    const body = open(messageKey(chainKey, 0), seed.nonce, message.slice(REQUEST_HEADER_SIZE), bodyData);
    if (header?.[8] !== 1 || body === undefined) {
      throw new Error('the request does not authenticate');
    }
    const ratchet = new NaiveRatchet(seed.transcriptHash, rootKey, mine, theirs);
    ratchet.theirPublicKey = header.slice(9);
    return { ratchet, body };
  }

  /** As a store that is copied. */
  copy(): NaiveRatchet {
    return Object.assign(Object.create(NaiveRatchet.prototype), structuredClone({ ...this }));
  }

  encrypt(sizeClass: 'standard' | 'large', body: Uint8Array, random: Random): Uint8Array {
    if (this.sending === undefined) {
      this.beginTurn(random);
    }
    const turn = this.sending as unknown as SentTurn;
    const nonce = random(24);
    const header = join(u32(turn.pn), u32(turn.sent), [0], turn.publicKey, turn.ciphertext);
    const key = messageKey(turn.firstChainKey, turn.sent);
    turn.sent += 1;
    const seed = { transcriptHash: this.transcriptHash, nonce };
    return join(nonce, sealBoth(turn.headerKey, key, seed, sizeClass, header, body));
  }

  decrypt(envelope: Uint8Array): NaiveOutcome {
    const nonce = envelope.slice(0, 24);
    const sealedHeader = envelope.slice(24, 24 + HEADER_SIZE);
    const sealedBody = envelope.slice(24 + HEADER_SIZE);
    const sizeClass = envelope.length === 4096 ? 'standard' : 'large';
    const headerData = join(this.transcriptHash, [SIZE_CLASS[sizeClass]]);
    const bodyData = join(this.transcriptHash, nonce, sealedHeader);

    for (const turn of this.received.slice(-REMEMBERED_TURNS)) {
      const header = parseHeader(open(turn.headerKey, nonce, sealedHeader, headerData));
      if (header === undefined) {
        continue;
      }
      const another = !same(header.publicKey, turn.publicKey) || !same(header.ciphertext, turn.ciphertext);
      if (another || header.n >= (turn.length ?? Number.POSITIVE_INFINITY)) {
        return { outcome: 'fork' };
      }
      const known = turn.nonces.get(header.n);
      if (known !== undefined) {
        return { outcome: same(known, nonce) ? 'duplicate' : 'fork' };
      }
      const body = open(messageKey(turn.firstChainKey, header.n), nonce, sealedBody, bodyData);
      if (body === undefined) {
        return { outcome: 'unreadable' };
      }
      turn.nonces.set(header.n, nonce);
      return { outcome: 'new', body };
    }

    const header = parseHeader(open(this.theirHeaderKey, nonce, sealedHeader, headerData));
    return header === undefined ? { outcome: 'unreadable' } : this.nextTurn(header, nonce, sealedBody, bodyData);
  }

  private beginTurn(random: Random): void {
    if (this.theirPublicKey === undefined) {
      throw new Error('it is not our turn');
    }
    const pair = sodium.crypto_kem_xwing_seed_keypair(random(32));
    const encapsulation = sodium.crypto_kem_xwing_enc_deterministic(this.theirPublicKey, random(64));
    const [rootKey, chainKey, nextHeaderKey] = rootStep(this.rootKey, encapsulation.sharedSecret);
    this.sending = {
      headerKey: this.myHeaderKey,
      firstChainKey: chainKey,
      pn: this.lastTurnLength,
      sent: 0,
      publicKey: pair.publicKey,
      ciphertext: encapsulation.ciphertext,
    };
    this.rootKey = rootKey;
    this.myHeaderKey = nextHeaderKey;
    this.myPrivateKey = pair.privateKey;
    this.theirPublicKey = undefined;
  }

  private nextTurn(header: Header, nonce: Uint8Array, sealedBody: Uint8Array, bodyData: Uint8Array): NaiveOutcome {
    const previous = this.received.at(-1);
    if (this.myPrivateKey === undefined || header.pn <= Math.max(-1, ...(previous?.nonces.keys() ?? []))) {
      return { outcome: 'fork' };
    }
    const shared = sodium.crypto_kem_xwing_dec(header.ciphertext, this.myPrivateKey);
    const [rootKey, firstChainKey, nextHeaderKey] = rootStep(this.rootKey, shared);
    const body = open(messageKey(firstChainKey, header.n), nonce, sealedBody, bodyData);
    if (body === undefined) {
      return { outcome: 'unreadable' };
    }
    if (previous !== undefined) {
      previous.length = header.pn;
    }
    const { publicKey, ciphertext } = header;
    const nonces = new Map([[header.n, nonce]]);
    this.received.push({
      headerKey: this.theirHeaderKey,
      firstChainKey,
      publicKey,
      ciphertext,
      length: undefined,
      nonces,
    });
    this.rootKey = rootKey;
    this.theirHeaderKey = nextHeaderKey;
    this.lastTurnLength = this.sending?.sent ?? this.lastTurnLength;
    this.sending = undefined;
    this.myPrivateKey = undefined;
    this.theirPublicKey = publicKey;
    return { outcome: 'new', body };
  }
}

type Keys<T extends unknown[]> = { [i in keyof T]: Uint8Array };

function initialKeys(handshakeSecret: Uint8Array) {
  return split(hkdfSync('sha512', handshakeSecret, '', INIT_LABEL, 160)) as Keys<[0, 0, 0, 0, 0]>;
}

function rootStep(rootKey: Uint8Array, shared: Uint8Array) {
  return split(hkdfSync('sha512', shared, rootKey, ROOT_LABEL, 96)) as Keys<[0, 0, 0]>;
}

/** `mk_n`, walking from the chain's first key. */
function messageKey(firstChainKey: Uint8Array, n: number): Uint8Array {
  let chainKey = firstChainKey;
  for (let i = 0; i < n; i++) {
    chainKey = hmac(chainKey, 2);
  }
  return hmac(chainKey, 1);
}

function hmac(key: Uint8Array, input: number): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(Uint8Array.of(input)).digest());
}

function sealBoth(
  headerKey: Uint8Array,
  bodyKey: Uint8Array,
  { transcriptHash, nonce }: Pick<NaiveSeed, 'transcriptHash' | 'nonce'>,
  sizeClass: SizeClassName,
  header: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  const seal = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;
  const sealedHeader = seal(header, join(transcriptHash, [SIZE_CLASS[sizeClass]]), null, nonce, headerKey);
  return join(sealedHeader, seal(body, join(transcriptHash, nonce, sealedHeader), null, nonce, bodyKey));
}

function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, data: Uint8Array): Uint8Array | undefined {
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, data, nonce, key);
  } catch {
    return undefined;
  }
}

function parseHeader(bytes: Uint8Array | undefined): Header | undefined {
  if (bytes?.[8] !== 0) {
    return undefined;
  }
  const buffer = Buffer.from(bytes);
  return {
    pn: buffer.readUInt32BE(0),
    n: buffer.readUInt32BE(4),
    publicKey: bytes.slice(9, 9 + 1216),
    ciphertext: bytes.slice(9 + 1216),
  };
}

function split(output: ArrayBuffer): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let offset = 0; offset < output.byteLength; offset += 32) {
    keys.push(new Uint8Array(output.slice(offset, offset + 32)));
  }
  return keys;
}

function join(...parts: (Uint8Array | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Compared as SHA-256, for a difference of any length. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return digest(a) === digest(b);
}
