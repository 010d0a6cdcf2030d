import {
  encryptFile,
  MAX_FILE_SIZE,
  PiecePlan,
  paddedCiphertextSize,
  paddedSize,
  platformAes256Gcm,
  Secret,
} from '../../src/index.ts';
import { Draws, hex, sha256Hex } from './draws.ts';

/** docs/protocol/files.md */
export async function fileVectors(): Promise<unknown> {
  const draws = new Draws('file');
  const provider = platformAes256Gcm();
  const files = [];
  for (const size of [0, 1, 16_383, 16_384, 100_000, 1_100_000]) {
    const key = draws.random(32);
    const salt = draws.random(24);
    const plaintext = new Uint8Array(size).map((_, i) => i % 251);
    const fileKey = new Secret<'file-key'>(key.slice());
    const blocks: Uint8Array[] = [];
    for await (const block of encryptFile(fileKey, salt, size, once(plaintext), { provider })) {
      blocks.push(block.slice());
    }
    const ciphertext = new Uint8Array(Buffer.concat(blocks));
    const plan = new PiecePlan(fileKey, size);
    const pieces = Array.from({ length: plan.count }, (_, index) => {
      const piece = plan.piece(index);
      const sha256 = sha256Hex(ciphertext.slice(piece.offset, piece.offset + piece.length));
      const { offset, length, id, deleteToken } = piece;
      return { index, offset, length, id: hex(id), deleteToken: hex(deleteToken), sha256 };
    });
    files.push({
      size,
      key: hex(key),
      salt: hex(salt),
      plaintext: 'byte i is i mod 251',
      ciphertextStart: hex(ciphertext.slice(0, 200)),
      ciphertextSize: ciphertext.length,
      ciphertextSha256: sha256Hex(ciphertext),
      pieces,
    });
  }
  const sizes = [0, 65_464, 65_465, 1_000_000, 67_000_000, 67_092_352, 67_108_864, 2 ** 32, MAX_FILE_SIZE];
  const padding = sizes.map((size) => ({ size, padded: paddedSize(size), ciphertext: paddedCiphertextSize(size) }));
  return {
    spec: 'docs/protocol/files.md',
    files,
    padding,
    refused: [
      { why: 'first byte of the commitment', file: 1, change: { at: 24, xor: 1 }, code: 'AUTHENTICATION_FAILED' },
      { why: 'last byte of the last chunk', file: 1, change: { at: 65_535, xor: 1 }, code: 'AUTHENTICATION_FAILED' },
      { why: 'cut after the first chunk', file: 4, cut: 16_456, code: 'TRUNCATED' },
    ],
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
