/**
 * What an export of relay data is: a value that can be written as JSON, with words that explain it.
 *
 * Spec: docs/protocol/export.md.
 *
 * @module
 */

import type { MailboxRole } from '../delivery/chat-mailboxes.ts';

/** What the parts of an export are, in words; they go with it. */
export const EXPORT_WORDS = {
  export:
    'Everything that the relays named here hold for this device: nothing else is stored about it there. No relay knows a name, a number or a contact of yours.',
  mailboxes:
    'Queues on a relay. Each belongs to one chat, or to one invite, and is known to the relay by a random address only.',
  envelopes:
    'Messages that wait in a mailbox until this device fetches them. They are encrypted; only this device can open them. A relay deletes each when it was fetched, and at the latest at its expiry.',
  cards: 'Contact cards of invites that can be used. They are encrypted; only who has the invite can open them.',
  prekeys:
    'One-time keys that the relay hands out with a card, one to each who uses the invite. They are encrypted like the card.',
  pieces:
    'Parts of encrypted files that this device has put there, as far as the relay still has them. Those of a message are deleted when the other person has fetched the file, or the message is gone; those of none are of a file that is being prepared, or are to be deleted. The relay has no key to them, and deletes each by itself 7 to 8 days after it was put. Of large files the bytes are left out: who knows the id of a piece can read it at the relay, under /piece/ and the id. What others have sent to this device is theirs, and in their exports.',
  unreachable: 'What this device uses at a relay that did not answer now. The relay may hold something there.',
} as const;

/** Bytes as base64 (RFC 4648 §4). */
type Base64 = string;

export interface ExportedBytes {
  readonly bytes: Base64;
  /** ISO 8601, in UTC. */
  readonly expiresAt: string;
}

/** A mailbox of this device, with all that the relay holds in it. */
export interface ExportedMailbox {
  readonly relay: string;
  readonly of:
    | { readonly chat: number; readonly role: MailboxRole }
    | { readonly invite: number }
    /** It is over here, and the relay was not told yet. */
    | { readonly closing: true };
  readonly address: Base64;
  readonly expiresAt: string;
  readonly envelopes: readonly ExportedBytes[];
}

/** A card of this device, with all that the relay holds under it. */
export interface ExportedCard extends ExportedBytes {
  readonly relay: string;
  readonly of: { readonly invite: number } | { readonly closing: true };
  readonly inviteId: Base64;
  readonly prekeys: readonly ExportedBytes[];
}

/** A piece of a file of this device (files §5). */
export interface ExportedPiece {
  readonly relay: string;
  readonly of:
    | { readonly chat: number; readonly message: number }
    /** It is to be deleted, or its file is being prepared. */
    | { readonly closing: true };
  /** 64 hexadecimal digits: the capability to read it. */
  readonly id: string;
  /** 65,536 or 1,048,576. */
  readonly size: number;
  /** Left out of what is large (export §4). */
  readonly bytes?: Base64;
  /** ISO 8601, in UTC: the relay was asked to keep it until then, or up to a day longer. */
  readonly keptUntil?: string;
}

export interface RelayExport {
  readonly format: 'secret-chat relay export';
  readonly version: 1;
  /** ISO 8601, in UTC. */
  readonly madeAt: string;
  readonly words: typeof EXPORT_WORDS;
  readonly relays: readonly string[];
  readonly mailboxes: readonly ExportedMailbox[];
  readonly cards: readonly ExportedCard[];
  readonly pieces: readonly ExportedPiece[];
  /** What could not be asked for, and why: an error code of docs/protocol/errors.md. */
  readonly unreachable: readonly { readonly relay: string; readonly what: string; readonly why: string }[];
}
