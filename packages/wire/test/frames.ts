/** One frame of every kind, with fields of the right sizes. */

import type { Reply, Request } from '../src/index.ts';

export const bytes = (size: number, fill = 7): Uint8Array => new Uint8Array(size).fill(fill);

const owner = { ownerKey: bytes(32, 1), random: bytes(32, 2), proof: bytes(64, 3) };
const card = { ownerKey: bytes(32, 1), inviteId: bytes(32, 4), proof: bytes(64, 3) };

export const requests: { readonly [O in Request['op']]: Extract<Request, { readonly op: O }> } = {
  auth: { op: 'auth', id: 1, token: 'opensesame' },
  ping: { op: 'ping', id: 2 },
  open: { op: 'open', id: 3, ...owner, idleWeeks: 26 },
  put: { op: 'put', id: 4, address: bytes(32), envelope: bytes(4096), ttlHours: 168 },
  subscribe: { op: 'subscribe', id: 5, ...owner },
  ack: { op: 'ack', id: 6, address: bytes(32), hashes: [bytes(32, 8), bytes(32, 9)] },
  close: { op: 'close', id: 7, ...owner },
  putCard: { op: 'putCard', id: 8, ...card, card: bytes(4096), prekeys: [bytes(1364), bytes(1364, 1)], idleWeeks: 2 },
  getCard: { op: 'getCard', id: 9, locator: bytes(32) },
  takePrekey: { op: 'takePrekey', id: 10, locator: bytes(32) },
  addPrekeys: { op: 'addPrekeys', id: 11, ...card, prekeys: [bytes(1364)] },
  removeCard: { op: 'removeCard', id: 12, ...card },
  exportMailbox: { op: 'exportMailbox', id: 13, ...owner, after: 5 },
  exportCard: { op: 'exportCard', id: 0xffff_ffff, ...card },
};

export const replies: { readonly [O in Reply['op']]: Extract<Reply, { readonly op: O }> } = {
  hello: { op: 'hello', nonce: bytes(32), tokenRequired: false, software: 'secret-chat-relay/0.1.0' },
  ok: {
    op: 'ok',
    id: 1,
    card: bytes(4096),
    prekey: bytes(1364),
    prekeys: 200,
    items: [
      { kind: 'mailbox', bytes: bytes(0), expiresAt: 1 },
      { kind: 'envelope', bytes: bytes(16_384), expiresAt: 2_000_000_000 },
      { kind: 'prekey', bytes: bytes(1364), expiresAt: 3 },
    ],
    next: 77,
  },
  error: { op: 'error', id: 0, code: 'RATE_LIMITED', retryAfterMs: 1500 },
  envelope: { op: 'envelope', address: bytes(32), envelope: bytes(16_384) },
  drained: { op: 'drained', address: bytes(32) },
  displaced: { op: 'displaced', address: bytes(32) },
};
