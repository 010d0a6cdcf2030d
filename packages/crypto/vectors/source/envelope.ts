import { encode } from 'cborg';
import {
  type Content,
  decodeContent,
  digestEntry,
  emptyDigest,
  encodeBody,
  encodeContent,
  extendDigest,
  hashContent,
} from '../../src/index.ts';
import { Draws, hex } from './draws.ts';

const RELAY = 'wss://relay.example';

/** docs/protocol/envelope.md and docs/protocol/content.md */
export function envelopeVectors(): unknown {
  const draws = new Draws('envelope');
  const address = draws.random(32);
  const key = draws.random(32);
  const hash = draws.random(16);
  const preview = draws.random(25);
  draws.taken();
  const file = {
    key,
    size: 123_456,
    name: 'photo.webp',
    mediaType: 'image/webp',
    relay: RELAY,
    expiresAt: 1_800_000_000,
  };
  const contents: Content[] = [
    { type: 'request', relay: RELAY, address, text: 'hello' },
    { type: 'accept', relay: RELAY, address },
    { type: 'text', text: 'grüße 👋', replyTo: { sender: 'initiator', seq: 1 } },
    { type: 'file', file: { ...file, preview, width: 640, height: 480 }, caption: 'a photo' },
    { type: 'file', file },
    {
      type: 'read',
      messages: [
        { seq: 3, ageMs: 1500 },
        { seq: 4, ageMs: 0 },
      ],
    },
    { type: 'viewed', messages: [{ seq: 5, ageMs: 86_400_000 }] },
    { type: 'timer', timer: 'off' },
    { type: 'timer', timer: 'once' },
    { type: 'timer', timer: 604_800 },
    { type: 'delete', messages: [{ sender: 'responder', seq: 9 }] },
    { type: 'clear', initiator: 12, responder: 9 },
    { type: 'end' },
    { type: 'screenshot', message: { sender: 'responder', seq: 2 } },
    { type: 'address', relay: RELAY, address },
    { type: 'resend', ranges: [{ from: 4, to: 6 }] },
    { type: 'gone', hash },
    { type: 'fetched', seq: 5 },
    { type: 'needPieces', seq: 5, ranges: [{ from: 0, to: 2 }] },
    { type: 'noop' },
    { type: 'typing' },
  ];
  let digest = emptyDigest();
  let seq = 0;
  const bodies = contents.map((content) => {
    const encoded = encodeContent(content, draws.random);
    const [salt] = draws.taken();
    const timer = content.type === 'file' ? 30 : 'off';
    const sequenced = salt !== undefined;
    seq += sequenced ? 1 : 0;
    const contentHash = hashContent(encoded, timer);
    digest = sequenced ? extendDigest(digest, seq, digestEntry(encoded, timer, decodeContent(encoded, seq))) : digest;
    const prefix = { seq: sequenced ? seq : 0, ack: 7, digest: hash, timer } as const;
    return {
      content: JSON.parse(JSON.stringify(content, (_, value) => (value instanceof Uint8Array ? hex(value) : value))),
      salt: salt ?? null,
      encoded: hex(encoded),
      prefix: { ...prefix, digest: hex(hash) },
      contentHash: hex(contentHash),
      digestAfter: hex(digest),
      // Without its zeros: the body is 1695 bytes.
      bodyStart: hex(encodeBody('standard', prefix, encoded)).replace(/(00)+$/, ''),
    };
  });
  const salt = draws.random(8);
  return {
    spec: ['docs/protocol/envelope.md', 'docs/protocol/content.md'],
    bodies,
    malformed: [
      { why: 'no salt', encoded: hex(encode({ type: 'text', text: 'x' })) },
      { why: 'keys out of order', encoded: 'a2616201616102' },
      { why: 'a number longer than needed', encoded: '1805' },
      { why: 'trailing bytes', encoded: '0505' },
      { why: 'a float', encoded: hex(encode({ type: 'fetched', salt, seq: 1.5 })) },
      { why: 'a relay that is none', encoded: hex(encode({ type: 'accept', salt, relay: 'https://x', address })) },
      { why: 'a range that runs backwards', encoded: hex(encode({ type: 'resend', salt, ranges: [[2, 1]] })) },
    ],
    unknown: [{ why: 'a type of a newer version', encoded: hex(encode({ type: 'hologram', salt })) }],
  };
}
