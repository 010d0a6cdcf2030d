/** Two computers right before something is destroyed, as often as one likes: each time from copies of the same disks. */

import { CHAT, type ChatRecord } from '../../src/chat/chat-record.ts';
import { CONTENT, MESSAGE, type MessageRecord } from '../../src/chat/message-record.ts';
import { type BlobStore, memoryBlobs, type StoredRecord } from '../../src/index.ts';
import { DEADLINE, VIEWING } from '../../src/life/life-record.ts';
import { blobNameText } from '../../src/media/blob-name.ts';
import { TRANSFER } from '../../src/media/transfer-record.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import { NO_SCOPE, numberScope } from '../../src/vault/scopes.ts';
import { Vault } from '../../src/vault/vault.ts';
import type { HeldCard, HeldMailbox } from '../support/memory-relay.ts';
import { PASSPHRASE, World } from '../support/people.ts';
import { Computer } from './computer.ts';
import { PieceShelf } from './process-life.ts';

/** Both sides of a chat: who does it, and who is told. */
export type Side = 'actor' | 'other';

export interface Pair {
  readonly world: World;
  readonly shelf: PieceShelf;
  readonly actor: Computer;
  readonly other: Computer;
}

/** Everything that outlives processes. */
export interface Still {
  readonly disks: Readonly<Record<Side, { readonly records: readonly StoredRecord[]; readonly blobs: BlobStore }>>;
  readonly mailboxes: ReadonlyMap<string, HeldMailbox>;
  readonly cards: ReadonlyMap<string, HeldCard>;
  readonly pieces: ReadonlyMap<string, Uint8Array>;
  readonly atMs: number;
}

const SEEDS = { actor: 11, other: 12 } as const;
/** A file of more than that is not fetched by itself. */
export const FETCHED_BYTES = 10_000;

export async function meet(): Promise<Pair> {
  const world = await World.create();
  const pair = pairIn(world, new PieceShelf());
  await pair.actor.start();
  await pair.other.start();
  await world.meet(pair.actor.person, pair.other.person);
  return pair;
}

/** Stops both, without a last word. */
export async function still({ world, shelf, actor, other }: Pair): Promise<Still> {
  const disk = async (computer: Computer) => ({ records: computer.snapshot(), blobs: await copyOf(computer.blobs) });
  const disks = { actor: await disk(actor), other: await disk(other) };
  actor.kill();
  other.kill();
  const { mailboxes, cards } = world.relay.memory;
  return { disks, mailboxes, cards, pieces: shelf.pieces, atMs: world.clock.monotonicMs() };
}

/** Both start again from there. */
export async function goOn({ disks, mailboxes, cards, pieces, atMs }: Still): Promise<Pair> {
  const world = await World.create();
  world.clock.jumpWall(atMs);
  for (const [name, { address, held }] of mailboxes) {
    world.relay.memory.mailboxes.set(name, { address, held: new Map(held), everPut: [], subscription: undefined });
  }
  for (const [name, card] of cards) {
    world.relay.memory.cards.set(name, { ...card, prekeys: [...card.prekeys] });
  }
  const { actor, other } = disks;
  const pair = pairIn(world, new PieceShelf(pieces), {
    actor: { snapshot: actor.records, blobs: await copyOf(actor.blobs) },
    other: { snapshot: other.records, blobs: await copyOf(other.blobs) },
  });
  await pair.actor.start();
  await pair.other.start();
  await world.advance(5_000);
  return pair;
}

/** What is on the disk of a computer that is off. */
export interface Disk {
  readonly chat: ChatRecord | undefined;
  readonly entries: ReadonlyMap<number, MessageRecord>;
}

export async function readDisk(computer: Computer): Promise<Disk> {
  const store = memoryStore(computer.snapshot());
  const vault = await Vault.open(store, { passphrase: PASSPHRASE }, () => new Uint8Array(32));
  const chat = await vault.get(CHAT, NO_SCOPE, 1);
  const entries = await vault.page(MESSAGE, numberScope(1));
  await vault.close();
  return { chat, entries: new Map(entries.map(({ position, value }) => [position, value])) };
}

/** What is left of entries, in words; nothing else may point to them, and no blob may lie there for nothing. */
export async function remains(computer: Computer, doomed: readonly number[]): Promise<string[]> {
  const out: string[] = [];
  const used = new Set<string>();
  if (computer.device.chats.length > 0) {
    const { context, scope } = computer.session();
    const { vault } = context;
    for (const n of doomed) {
      if ((await vault.get(MESSAGE, scope, n)) !== undefined) {
        out.push(`entry ${n}`);
      }
      if ((await vault.getItem(CONTENT, scope, n)) !== undefined) {
        out.push(`content ${n}`);
      }
      if ((await computer.chat().message(n)) !== undefined) {
        out.push(`shown ${n}`);
      }
    }
    for (const { position, value } of await vault.page(TRANSFER, scope)) {
      used.add(value.blob === undefined ? '' : blobNameText(value.blob));
      if (doomed.includes(position)) {
        out.push(`transfer ${position}`);
      }
    }
    for (const { value } of await vault.page(DEADLINE, scope)) {
      out.push(...value.filter((n) => doomed.includes(n)).map((n) => `deadline ${n}`));
    }
    for (const { position } of await vault.page(VIEWING, scope)) {
      out.push(`viewing ${position}`);
    }
  }
  const blobs = (await computer.blobs.list()).filter((name) => !used.has(name));
  return [...out, ...blobs.map(() => 'a blob')];
}

type Disks = Partial<Record<Side, { readonly snapshot: readonly StoredRecord[]; readonly blobs: BlobStore }>>;

function pairIn(world: World, shelf: PieceShelf, disks: Disks = {}): Pair {
  const computer = (name: string, side: Side) =>
    new Computer(world, name, {
      ...{ shelf, seed: SEEDS[side], keepsSentFiles: true, autoFetchBytes: FETCHED_BYTES },
      ...disks[side],
    });
  return { world, shelf, actor: computer('Anna', 'actor'), other: computer('Ben', 'other') };
}

async function copyOf(blobs: BlobStore): Promise<BlobStore> {
  const copy = memoryBlobs();
  for (const name of await blobs.list()) {
    const from = await blobs.open(name);
    if (from !== undefined) {
      const to = await copy.create(name, from.size);
      await to.write(0, await from.read(0, from.size));
    }
  }
  return copy;
}
