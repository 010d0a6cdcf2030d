/** A second Cobblestone-256, straight from the specification and slow, for comparison. */

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const CHUNK = 16_384;

/** RFC 5869 §2.3, 76 bytes: two blocks of HMAC-SHA-512. */
function keysOf(inputKey: Uint8Array, salt: Uint8Array, context: Uint8Array): Buffer {
  const info = Buffer.concat([Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'), salt, context]);
  const first = createHmac('sha512', inputKey)
    .update(Buffer.concat([info, Buffer.of(1)]))
    .digest();
  const second = createHmac('sha512', inputKey)
    .update(Buffer.concat([first, info, Buffer.of(2)]))
    .digest();
  return Buffer.concat([first, second]).subarray(0, 76);
}

function nonceOf(baseNonce: Uint8Array, chunk: number): Buffer {
  const base = BigInt(`0x${Buffer.from(baseNonce).toString('hex')}`);
  return Buffer.from((base ^ BigInt(chunk)).toString(16).padStart(24, '0'), 'hex');
}

export function naiveEncrypt(
  inputKey: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const keys = keysOf(inputKey, salt, context);
  const parts: Uint8Array[] = [salt, keys.subarray(44)];
  for (let chunk = 0; chunk * CHUNK <= plaintext.length; chunk++) {
    const cipher = createCipheriv('aes-256-gcm', keys.subarray(0, 32), nonceOf(keys.subarray(32, 44), chunk));
    const data = plaintext.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
    parts.push(cipher.update(data), cipher.final(), cipher.getAuthTag());
  }
  return new Uint8Array(Buffer.concat(parts));
}

export function naiveDecrypt(inputKey: Uint8Array, context: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const keys = keysOf(inputKey, ciphertext.subarray(0, 24), context);
  if (!keys.subarray(44).equals(ciphertext.subarray(24, 56))) {
    throw new Error('commitment');
  }
  const parts: Uint8Array[] = [];
  for (let chunk = 0, rest = ciphertext.subarray(56); ; chunk++) {
    const sealed = rest.subarray(0, CHUNK + 16);
    rest = rest.subarray(CHUNK + 16);
    if (sealed.length < 16) {
      throw new Error('truncated');
    }
    const nonce = nonceOf(keys.subarray(32, 44), chunk);
    const decipher = createDecipheriv('aes-256-gcm', keys.subarray(0, 32), nonce, { authTagLength: 16 });
    decipher.setAuthTag(sealed.subarray(-16));
    parts.push(decipher.update(sealed.subarray(0, -16)), decipher.final());
    if (sealed.length < CHUNK + 16) {
      return new Uint8Array(Buffer.concat(parts));
    }
  }
}
