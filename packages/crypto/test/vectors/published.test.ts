import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BODY_SIZE,
  decodeBody,
  decodeContent,
  decryptFile,
  decryptMessage,
  deriveInviteKeys,
  deserializeCardKeys,
  deserializeCountdown,
  deserializeOneTimePrekey,
  deserializeState,
  digestEntry,
  emptyDigest,
  encryptFile,
  encryptMessage,
  extendDigest,
  fingerprint,
  hashContent,
  Identity,
  newCountdown,
  openCard,
  openItem,
  openOneTimePrekey,
  openRecord,
  openRequest,
  openVault,
  PiecePlan,
  paddedCiphertextSize,
  paddedSize,
  parseInvite,
  pictureToSvg,
  pictureToText,
  platformAes256Gcm,
  type RatchetState,
  recordName,
  respondToRequest,
  Secret,
  serializeState,
  sha256,
  stepCountdown,
  unwrapItemKey,
} from '../../src/index.ts';
import { generateVectors } from '../../vectors/source/index.ts';
import { expectCode, expectRejection } from '../support/errors.ts';
import { type Json, published, replay, unhex } from '../support/published.ts';

/** The published files are read as a stranger would: from the JSON alone, without the generator's code. */

test('the checked-in files are what the generator writes', async () => {
  for (const [name, text] of await generateVectors()) {
    expect(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'), name).toBe(text);
  }
});

describe('card.json', () => {
  const vectors = published('card.json');
  const keys = () => deriveInviteKeys(new Secret(unhex(vectors.inviteSecret)));
  const open = (sealed: string, now: number) =>
    openCard(unhex(sealed), unhex(vectors.identityKey), keys().inviteId, keys().cardKey, now);
  const openPrekey = (sealed: string, now: number) =>
    openOneTimePrekey(unhex(sealed), unhex(vectors.identityKey), keys().inviteId, keys().prekeyKey, now);

  test('link and derived keys', () => {
    const invite = parseInvite(vectors.link);
    expect(invite.relay).toBe(vectors.relay);
    expect(invite.secret.expose()).toEqual(unhex(vectors.inviteSecret));
    expect(invite.identityKey).toEqual(unhex(vectors.identityKey));
    for (const name of ['cardLocator', 'cardKey', 'prekeyKey', 'inboxKey'] as const) {
      expect(keys()[name].expose()).toEqual(unhex(vectors[name]));
    }
    expect(keys().inviteId).toEqual(unhex(vectors.inviteId));
    expect(sha256(unhex(vectors.cardLocator))).toEqual(unhex(vectors.inviteId));
  });

  test('card and one-time prekey', () => {
    const card = open(vectors.card.sealed, vectors.now);
    expect(card.hash).toEqual(unhex(vectors.card.hash));
    expect(card.signed).toEqual(unhex(vectors.card.signature + vectors.card.encoded));
    expect([card.name, card.oneTime, card.expiresAt]).toEqual(['Bob', true, vectors.card.details.expiresAt]);
    expect(openPrekey(vectors.oneTimePrekey.sealed, vectors.now).id).toBe(vectors.oneTimePrekey.id);
  });

  test('what must be refused', () => {
    for (const { sealed, now, code } of vectors.refusedCards) {
      expectCode(code, () => open(sealed, now));
    }
    for (const { sealed, now, code } of vectors.refusedOneTimePrekeys) {
      expectCode(code, () => openPrekey(sealed, now));
    }
    for (const { link, code } of vectors.refusedLinks) {
      expectCode(code, () => parseInvite(link));
    }
  });
});

describe('handshake.json', () => {
  describe.each(published('handshake.json').cases as Json[])('$name', (vector) => {
    const keys = () => deriveInviteKeys(new Secret(unhex(vector.inviteSecret)));
    const respond = (envelope: Uint8Array) => {
      const identity = Identity.fromSeed(unhex(vector.responderSeed));
      const cardKeys = deserializeCardKeys(unhex(vector.responderCardKeys), identity.publicKey);
      const oneTime = vector.responderOneTimePrekey;
      const oneTimePrekey = oneTime === null ? undefined : deserializeOneTimePrekey(unhex(oneTime));
      return respondToRequest(openRequest(envelope, keys()), { identity, cardKeys, oneTimePrekey });
    };

    test('the responder reads the request', () => {
      const responded = respond(unhex(vector.envelope));
      expect(responded.initiator.name).toBe(vector.initiatorName);
      expect(responded.initiator.identityKey).toEqual(Identity.fromSeed(unhex(vector.initiatorSeed)).publicKey);
      expect(responded.body).toEqual(unhex(vector.body));
      expect(responded.transcriptHash).toEqual(unhex(vector.transcriptHash));
      expect(serializeState(responded.state)).toEqual(unhex(vector.responderState));
      expect(openRequest(unhex(vector.envelope), keys()).requestId).toEqual(unhex(vector.requestId));
    });

    test('the transcript binds identity keys and names', () => {
      expect(sha256(unhex(vector.transcript))).toEqual(unhex(vector.transcriptHash));
      for (const { hash } of vector.wrongTranscriptHashes) {
        expect(hash).not.toBe(vector.transcriptHash);
      }
    });

    test('what must be refused', () => {
      for (const { change, envelopeSha256, code } of vector.refused) {
        const changed = unhex(vector.envelope);
        changed[change.at] = (changed[change.at] as number) ^ change.xor;
        expect(sha256(changed)).toEqual(unhex(envelopeSha256));
        expectCode(code, () => respond(changed));
      }
    });
  });
});

test('ratchet.json: every step of the conversation, on both sides', () => {
  const vectors = published('ratchet.json');
  const states: Record<string, RatchetState> = {
    initiator: deserializeState(unhex(vectors.initiatorState)),
    responder: deserializeState(unhex(vectors.responderState)),
  };
  const sent: Json[] = [];
  let before: RatchetState | undefined;
  for (const step of vectors.steps) {
    const name = step.from ?? (sent[step.receive].from === 'initiator' ? 'responder' : 'initiator');
    // The last send is from a copy of the store as it was before the send before it.
    const state = step.text === 'from the old copy' ? (before as RatchetState) : (states[name] as RatchetState);
    if (step.send !== undefined) {
      const body = new Uint8Array(BODY_SIZE[step.sizeClass as 'standard' | 'large']);
      body.set(Buffer.from(step.text));
      const encrypted = encryptMessage(state, step.sizeClass, body, replay(step.draws));
      expect(encrypted.envelope).toEqual(unhex(step.envelope));
      before = state;
      states[name] = encrypted.state;
      sent[step.send] = step;
    } else {
      const envelope = unhex(sent[step.receive].envelope);
      if (step.change) {
        envelope[step.change.at] = (envelope[step.change.at] as number) ^ step.change.xor;
      }
      const result = decryptMessage(state, envelope, vectors.now);
      expect(result.outcome).toBe(step.outcome);
      if (result.outcome === 'new') {
        expect(Buffer.from(result.body).toString().replace(/\0+$/, '')).toBe(sent[step.receive].text);
        states[name] = result.state;
      }
    }
    expect(sha256(serializeState(states[name] as RatchetState))).toEqual(unhex(step.stateSha256));
  }
  expect(sent.length).toBeGreaterThan(8);
});

describe('envelope.json', () => {
  const vectors = published('envelope.json');

  test('bodies, contents and digests', () => {
    let digest = emptyDigest();
    for (const vector of vectors.bodies) {
      const body = new Uint8Array(BODY_SIZE.standard);
      body.set(unhex(vector.bodyStart));
      const { content, digest: named, ...prefix } = decodeBody(body);
      expect({ ...prefix, digest: Buffer.from(named).toString('hex') }).toEqual(vector.prefix);
      expect(content).toEqual(unhex(vector.encoded));
      const decoded = decodeContent(content, prefix.seq);
      expect(decoded).toMatchObject({ kind: 'known', content: { type: vector.content.type } });
      const contentHash = hashContent(unhex(vector.encoded), prefix.timer);
      expect(contentHash).toEqual(unhex(vector.contentHash));
      digest = prefix.seq > 0 ? extendDigest(digest, prefix.seq, digestEntry(content, prefix.timer, decoded)) : digest;
      expect(digest).toEqual(unhex(vector.digestAfter));
    }
  });

  test('what is malformed or unknown', () => {
    for (const { encoded } of vectors.malformed) {
      expect(decodeContent(unhex(encoded), 1)).toEqual({ kind: 'malformed' });
    }
    for (const { encoded } of vectors.unknown) {
      expect(decodeContent(unhex(encoded), 1).kind).toBe('unknown');
    }
  });
});

describe('file.json', () => {
  const vectors = published('file.json');
  const provider = platformAes256Gcm();
  const plaintextOf = (size: number) => new Uint8Array(size).map((_, i) => i % 251);

  async function encrypted(vector: Json): Promise<Uint8Array> {
    const key = new Secret<'file-key'>(unhex(vector.key));
    const source = once(plaintextOf(vector.size));
    return collect(encryptFile(key, unhex(vector.salt), vector.size, source, { provider }));
  }

  test('ciphertexts and pieces', async () => {
    for (const vector of vectors.files) {
      const ciphertext = await encrypted(vector);
      expect(sha256(ciphertext)).toEqual(unhex(vector.ciphertextSha256));
      expect(ciphertext.slice(0, 200)).toEqual(unhex(vector.ciphertextStart));
      const key = new Secret<'file-key'>(unhex(vector.key));
      const plaintext = await collect(decryptFile(key, vector.size, once(ciphertext), { provider }));
      expect(Buffer.compare(plaintext, plaintextOf(vector.size))).toBe(0);
      const plan = new PiecePlan(key, vector.size);
      expect(plan.count).toBe(vector.pieces.length);
      for (const { index, offset, length, id, deleteToken, sha256: hash } of vector.pieces) {
        const piece = { index, offset, length, id: unhex(id), deleteToken: unhex(deleteToken) };
        expect(plan.piece(index)).toEqual(piece);
        expect(sha256(ciphertext.slice(offset, offset + length))).toEqual(unhex(hash));
      }
    }
    for (const { size, padded, ciphertext } of vectors.padding) {
      expect([paddedSize(size), paddedCiphertextSize(size)]).toEqual([padded, ciphertext]);
    }
  });

  test('what must be refused', async () => {
    for (const { file, change, cut, code } of vectors.refused) {
      const vector = vectors.files[file];
      const changed = (await encrypted(vector)).slice(0, cut);
      if (change) {
        changed[change.at] = (changed[change.at] as number) ^ change.xor;
      }
      const key = new Secret<'file-key'>(unhex(vector.key));
      await expectRejection(code, collect(decryptFile(key, vector.size, once(changed), { provider })));
    }
  });
});

test('vault.json', async () => {
  const vectors = published('vault.json');
  const { passphrase, header } = vectors.passphraseVault;
  const keys = await openVault(unhex(header), { passphrase });
  await openVault(unhex(vectors.keyFileVault.header), { keyFile: new Secret(unhex(vectors.keyFileVault.keyFile)) });
  const name = recordName(keys, vectors.kind, unhex(vectors.scope), vectors.position);
  expect(name).toEqual(unhex(vectors.name));
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  expect(text(openRecord(keys, vectors.kind, name, unhex(vectors.record.sealed)))).toBe(vectors.record.plaintext);
  const itemKey = unwrapItemKey(keys, vectors.kind, name, unhex(vectors.itemKey.wrapped));
  expect(itemKey.expose()).toEqual(unhex(vectors.itemKey.key));
  expect(text(openItem(itemKey, vectors.kind, name, unhex(vectors.item.sealed)))).toBe(vectors.item.plaintext);
  for (const refused of vectors.refusedHeaders) {
    await expectRejection(refused.code, openVault(unhex(refused.header), { passphrase: refused.passphrase }));
  }
  for (const refused of vectors.refusedRecords) {
    const open = () => openRecord(keys, refused.kind, unhex(refused.name), unhex(refused.sealed));
    expectCode('AUTHENTICATION_FAILED', open);
  }
});

test('fingerprint.json', () => {
  const seen = new Set<string>();
  for (const vector of published('fingerprint.json').cases) {
    const { digits, words, picture } = fingerprint({
      transcriptHash: unhex(vector.transcriptHash),
      initiatorKey: unhex(vector.initiatorKey),
      responderKey: unhex(vector.responderKey),
    });
    expect(digits).toEqual(vector.digits);
    expect(words).toEqual(vector.words);
    expect(picture).toEqual(vector.picture);
    expect(pictureToText(picture).split('\n')).toEqual(vector.text);
    expect(pictureToSvg(picture)).toBe(vector.svg);
    seen.add(digits.join());
  }
  expect(seen.size).toBe(3);
});

describe('timers.json', () => {
  test.each(published('timers.json').stories as Json[])('$name', ({ terms, steps }) => {
    let countdown = newCountdown(terms);
    for (const step of steps) {
      const { countdown: next, destroy, deadlineMs } = stepCountdown(countdown, step.event);
      expect({ destroy, deadlineMs: deadlineMs ?? null }).toEqual({
        destroy: step.destroy,
        deadlineMs: step.deadlineMs,
      });
      expect(deserializeCountdown(unhex(step.stored))).toEqual(next);
      countdown = next;
    }
  });
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for await (const block of stream) {
    blocks.push(block.slice());
  }
  return new Uint8Array(Buffer.concat(blocks));
}
