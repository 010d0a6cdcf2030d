import { createHash } from 'node:crypto';
import type { CardItem, EnvelopeItem, PieceItem, StoreLimits } from '../../src/store/relay-store.ts';

/** Unix seconds, on the hour. */
export const NOW = 1_800_000_000;
export const HOUR = 3600;
export const WEEK = 7 * 24 * HOUR;

/** Out of the way of tests that are about something else. */
export const WIDE: StoreLimits = {
  envelopesPerMailbox: 1_000,
  bytesPerMailbox: 100_000_000,
  mailboxes: 1_000,
  envelopeBytes: 1_000_000_000,
  cards: 1_000,
  prekeysPerCard: 200,
  pieceBytes: 1_000_000_000,
};

export function sha256(bytes: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** A name for what the test calls `label`. */
export function named(label: string): Uint8Array {
  return sha256(`name ${label}`);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Bytes that look random, the same for the same label. */
export function bytesOf(label: string, size = 4096): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: size }).update(label).digest());
}

export function envelopeOf(mailbox: string, label: string, expiresAt: number = NOW + HOUR, size = 4096): EnvelopeItem {
  const envelope = bytesOf(label, size);
  return { mailbox: named(mailbox), hash: sha256(envelope), envelope, expiresAt };
}

export function cardOf(invite: string, owner: string, prekeys: number, label = invite): CardItem {
  return {
    inviteId: named(invite),
    owner: named(owner),
    card: bytesOf(`card ${label}`),
    prekeys: Array.from({ length: prekeys }, (_, i) => prekeyOf(`${label} ${i}`)),
    expiresAt: NOW + WEEK,
  };
}

export function prekeyOf(label: string): Uint8Array {
  return bytesOf(`prekey ${label}`, 1364);
}

export function pieceOf(
  label: string,
  size = 65_536,
  expiresAt: number = NOW + HOUR,
): PieceItem & { bytes: Uint8Array } {
  return {
    piece: named(`piece ${label}`),
    deleteHash: named(`token ${label}`),
    size,
    expiresAt,
    bytes: bytesOf(`piece ${label}`, size),
  };
}

/** `bytes` as a network would bring them. */
export async function* inBlocks(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.slice(at, at + size);
  }
}

export async function collect(blocks: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const block of blocks) {
    parts.push(block);
  }
  return new Uint8Array(Buffer.concat(parts));
}

export function countOf<Value>(values: readonly Value[], value: Value): number {
  return values.filter((each) => each === value).length;
}
