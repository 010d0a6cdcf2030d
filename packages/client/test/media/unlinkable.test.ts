/** What lies on a relay and in a folder of blobs: nothing of a file, and nothing that two copies have in common. */

import { createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { fileKeyOf } from '../support/file-key.ts';
import { bytesIn, foundIn } from '../support/searching.ts';
import { WatchedRelay } from '../support/watched-relay.ts';
import { isSame, meet, pair, sample, User, until } from './pair.ts';
import { hex, WatchedPieces } from './watched-pieces.ts';

const MIB = 1_048_576;

test('nothing of content, name or type is in the files of the relay or of a device', { timeout: 60_000 }, async () => {
  const relay = await WatchedRelay.start();
  const places = [relay.process.data];
  const open = async (name: string) => {
    const place = mkdtempSync(join(tmpdir(), 'secret-chat-search-'));
    places.push(place);
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const store = await openSqliteStore(place);
    const files = await openBlobFolder(join(place, 'files'));
    return new User(name, relay.origin, { store, files, keepsSentFiles: true, autoFetchBytes: -1 }).open();
  };
  const [sender, receiver] = [await open('Anna'), await open('Ben')];
  await meet(sender, receiver);
  const line = 'The quick brown fox keeps a secret. ';
  const text = new TextEncoder().encode(line.repeat(100_000));
  await sender.chat.sendFile(text, { name: 'unmistakable-name.txt', mediaType: 'text/x-unmistakable-type' });
  const { n } = await receiver.untilFile('remote');
  const search = () => {
    const wanted = { line, name: 'unmistakable-name', type: 'x-unmistakable-type' };
    expect(foundIn(places.flatMap(bytesIn), wanted)).toEqual([]);
  };
  search();
  expect(places.flatMap(bytesIn).some(({ length }) => length === MIB)).toBe(true);
  await receiver.chat.fetchFile(n);
  expect(isSame(await receiver.content(), text)).toBe(true);
  await until(() => bytesIn(relay.process.data).every(({ length }) => length !== MIB) || undefined, 'no piece');
  search();
});

test('a file that is sent twice gives pieces that have nothing in common', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ sender: { pieces }, receiver: { autoFetchBytes: -1 } });
  const bytes = sample(2 * MIB);
  await sender.chat.sendFile(bytes, { name: 'a' });
  await receiver.untilFile('remote');
  const first = new Map(pieces.uploads);
  await sender.chat.sendFile(bytes, { name: 'a' });
  await receiver.untilFile('remote', 2);
  const second = [...pieces.uploads].filter(([id]) => !first.has(id));
  expect(second.length).toBe(first.size);
  const seen = new Set([...first.values()].flatMap((piece) => blocks(piece)));
  expect(second.flatMap(([, piece]) => blocks(piece)).filter((block) => seen.has(block))).toEqual([]);
  for (const piece of [...first.values(), ...second.map(([, piece]) => piece)]) {
    // Random bytes: about as many bits of either kind, to six standard deviations.
    const ones = piece.reduce((sum, byte) => sum + ones8(byte), 0);
    expect(Math.abs(ones - piece.length * 4)).toBeLessThan(6 * Math.sqrt(piece.length * 2));
  }
});

test('an independent reader of the format opens what was uploaded', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ sender: { pieces }, receiver: { autoFetchBytes: -1 } });
  const bytes = sample(3_333_333);
  await sender.chat.sendFile(bytes, { name: 'a' });
  const { n, file } = await receiver.untilFile('remote');
  const key = await fileKeyOf(receiver.chat, n);
  const idKey = hkdf(key, 'secret-chat/v1/file/piece-id');
  const ciphertext: Uint8Array[] = [];
  for (let i = 0; i < pieces.uploads.size; i += 1) {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(i);
    const piece = pieces.uploads.get(hex(createHmac('sha256', idKey).update(index).digest()));
    expect(piece).toBeDefined();
    ciphertext.push(piece as Uint8Array);
  }
  const padded = cobblestoneOpen(hkdf(key, 'secret-chat/v1/file/input-key'), Buffer.concat(ciphertext));
  expect(isSame(padded.subarray(0, file.size), bytes)).toBe(true);
  expect(padded.subarray(file.size).every((byte) => byte === 0)).toBe(true);
});

function hkdf(key: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha512', key, Buffer.alloc(0), info, 32));
}

/** C2SP chunked encryption v1 (c2sp.org/chunked-encryption), as docs/protocol/files.md §3 has it. */
function cobblestoneOpen(inputKey: Buffer, message: Buffer): Buffer {
  const salt = message.subarray(0, 24);
  const info = Buffer.concat([
    Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'),
    salt,
    Buffer.from('secret-chat/v1/file'),
  ]);
  const okm = hkdfExpand(inputKey, info, 76);
  expect(timingSafeEqual(okm.subarray(44, 76), message.subarray(24, 56))).toBe(true);
  const out: Buffer[] = [];
  for (let offset = 56, chunk = 0; ; chunk += 1) {
    const sealed = message.subarray(offset, offset + 16_400);
    const nonce = Buffer.from(okm.subarray(32, 44));
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ chunk) >>> 0, 8);
    const decipher = createDecipheriv('aes-256-gcm', okm.subarray(0, 32), nonce);
    decipher.setAuthTag(sealed.subarray(-16));
    out.push(decipher.update(sealed.subarray(0, -16)), decipher.final());
    offset += sealed.length;
    if (sealed.length < 16_400) {
      return Buffer.concat(out);
    }
  }
}

/** HKDF-Expand of RFC 5869 §2.3, alone. */
function hkdfExpand(key: Buffer, info: Buffer, length: number): Buffer {
  let block = Buffer.alloc(0);
  const out: Buffer[] = [];
  for (let i = 1; Buffer.concat(out).length < length; i += 1) {
    block = createHmac('sha512', key)
      .update(Buffer.concat([block, info, Buffer.from([i])]))
      .digest();
    out.push(block);
  }
  return Buffer.concat(out).subarray(0, length);
}

function blocks(piece: Uint8Array): string[] {
  const bytes = Buffer.from(piece);
  return Array.from({ length: bytes.length / 16 }, (_, i) => bytes.toString('latin1', 16 * i, 16 * i + 16));
}

function ones8(byte: number): number {
  let count = 0;
  for (let bits = byte; bits > 0; bits &= bits - 1) {
    count += 1;
  }
  return count;
}
