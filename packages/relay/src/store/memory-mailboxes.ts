/**
 * Mailboxes and their envelopes, in memory.
 *
 * @module
 */

import { hexOf } from './arguments.ts';
import type { Appended, EnvelopeItem, ExportPage, Hash, StoredEnvelope, StoreLimits } from './relay-store.ts';

interface Envelope extends StoredEnvelope {
  readonly position: number;
}

interface Mailbox {
  expiresAt: number;
  last: number;
  /** By hash, oldest first. */
  readonly envelopes: Map<string, Envelope>;
}

export class MemoryMailboxes {
  readonly #limits: StoreLimits;
  readonly #mailboxes = new Map<string, Mailbox>();
  #bytes = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  open(mailbox: Hash, expiresAt: number, now: number): 'opened' | 'renewed' | 'relay-full' {
    const name = hexOf(mailbox);
    const found = this.#live(mailbox, now);
    if (found !== undefined) {
      found.expiresAt = expiresAt;
      return 'renewed';
    }
    const live = [...this.#mailboxes.values()].filter((box) => box.expiresAt > now);
    if (live.length >= this.#limits.mailboxes) {
      return 'relay-full';
    }
    this.remove(mailbox);
    this.#mailboxes.set(name, { expiresAt, last: 0, envelopes: new Map() });
    return 'opened';
  }

  expiry(mailbox: Hash, now: number): number | undefined {
    return this.#live(mailbox, now)?.expiresAt;
  }

  append({ mailbox, hash, envelope, expiresAt }: EnvelopeItem, now: number): Appended {
    const box = this.#live(mailbox, now);
    if (box === undefined) {
      return 'gone';
    }
    const key = hexOf(hash);
    const live = [...box.envelopes.values()].filter((held) => held.expiresAt > now);
    if (live.includes(box.envelopes.get(key) as Envelope)) {
      return 'duplicate';
    }
    const bytes = live.reduce((sum, held) => sum + held.envelope.length, envelope.length);
    if (live.length >= this.#limits.envelopesPerMailbox || bytes > this.#limits.bytesPerMailbox) {
      return 'full';
    }
    const { envelopeBytes } = this.#limits;
    if (this.#bytes + envelope.length > envelopeBytes && this.#liveBytes(now) + envelope.length > envelopeBytes) {
      return 'relay-full';
    }
    this.#removeFrom(box, key);
    box.last += 1;
    box.envelopes.set(key, { hash: hash.slice(), envelope: envelope.slice(), expiresAt, position: box.last });
    this.#bytes += envelope.length;
    return 'stored';
  }

  read(mailbox: Hash, limit: number, exclude: ReadonlySet<string>, now: number): StoredEnvelope[] {
    const wanted = this.#unexpired(mailbox, now).filter(({ hash }) => !exclude.has(hexOf(hash)));
    return wanted.slice(0, limit).map(copyOf);
  }

  export(mailbox: Hash, after: number, limit: number, now: number): ExportPage<StoredEnvelope> {
    const rest = this.#unexpired(mailbox, now).filter(({ position }) => position > after);
    const page = rest.slice(0, limit);
    return { items: page.map(copyOf), next: rest.length > limit ? page.at(-1)?.position : undefined };
  }

  ack(mailbox: Hash, hashes: readonly Hash[]): void {
    const box = this.#mailboxes.get(hexOf(mailbox));
    for (const hash of hashes) {
      this.#removeFrom(box, hexOf(hash));
    }
  }

  remove(mailbox: Hash): boolean {
    const box = this.#mailboxes.get(hexOf(mailbox));
    for (const key of [...(box?.envelopes.keys() ?? [])]) {
      this.#removeFrom(box, key);
    }
    return this.#mailboxes.delete(hexOf(mailbox));
  }

  /** How to remove each thing that expired. */
  *expired(now: number): Generator<() => unknown> {
    for (const [name, box] of this.#mailboxes) {
      for (const [key, { expiresAt }] of box.envelopes) {
        if (expiresAt <= now || box.expiresAt <= now) {
          yield () => this.#removeFrom(box, key);
        }
      }
      if (box.expiresAt <= now) {
        yield () => this.#mailboxes.delete(name);
      }
    }
  }

  totals(): { mailboxes: number; envelopes: number; envelopeBytes: number } {
    const envelopes = [...this.#mailboxes.values()].reduce((sum, box) => sum + box.envelopes.size, 0);
    return { mailboxes: this.#mailboxes.size, envelopes, envelopeBytes: this.#bytes };
  }

  #live(mailbox: Hash, now: number): Mailbox | undefined {
    const found = this.#mailboxes.get(hexOf(mailbox));
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }

  #unexpired(mailbox: Hash, now: number): Envelope[] {
    const envelopes = [...(this.#live(mailbox, now)?.envelopes.values() ?? [])];
    return envelopes.filter(({ expiresAt }) => expiresAt > now);
  }

  #liveBytes(now: number): number {
    const envelopes = [...this.#mailboxes.values()].flatMap((box) => [...box.envelopes.values()]);
    return envelopes.reduce((sum, { envelope, expiresAt }) => (expiresAt > now ? sum + envelope.length : sum), 0);
  }

  #removeFrom(box: Mailbox | undefined, key: string): void {
    this.#bytes -= box?.envelopes.get(key)?.envelope.length ?? 0;
    box?.envelopes.delete(key);
  }
}

function copyOf({ hash, envelope, expiresAt }: Envelope): StoredEnvelope {
  return { hash: hash.slice(), envelope: envelope.slice(), expiresAt };
}
