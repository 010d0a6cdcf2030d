/**
 * What contents of the other side do to files here, and what becomes of files that are forgotten. Each runs within the
 * change that commits it.
 *
 * Spec: docs/protocol/content.md §3.2 and §3.3, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { type FileDescriptor, PiecePlan, type RandomSource, type Range, Secret } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { MINE } from '../chat/message-record.ts';
import { nowMs } from '../device/context.ts';
import { fileContentOf, putTransfer } from './change-transfer.ts';
import type { FileState } from './file.ts';
import { isOfChat } from './media-context.ts';
import { below } from './piece-queue.ts';
import { PieceSet } from './piece-set.ts';
import { mayPutAgain, putAgain } from './pieces-again.ts';
import { NOTHING_HERE, type PieceCapability, TRANSFER, type TransferRecord } from './transfer-record.ts';

/** What the state of a file of theirs is when its message comes: a small one is fetched without being asked for. */
export function arrivalState(change: ChatChange, file: FileDescriptor): FileState {
  const { media } = change.context.transfers;
  const isWanted = file.size <= media.autoFetchBytes && isOfChat(media, change.record, file.relay);
  return isWanted ? 'fetching' : 'remote';
}

/** Goes with the entry `n` that was added. */
export function fileArrived(change: ChatChange, n: number, state: FileState): void {
  const { session, context } = change;
  change.records.put(TRANSFER, n, { ...NOTHING_HERE, state });
  if (state === 'fetching') {
    change.afterwards.push(() => context.transfers.wake(session, n));
  }
}

/** They have all of it: nobody needs the pieces any more, nor the spool. */
export async function fetchedByThem(change: ChatChange, seq: number): Promise<void> {
  const found = await sentFile(change, seq);
  if (found === undefined || found.record.state === 'fetched') {
    return;
  }
  const { keepsSent } = change.context.transfers.media;
  await dropPieces(change, found.n, found.record, keepsSent);
  await putTransfer(change, found.n, ({ blob, ...rest }) => ({
    ...rest,
    state: 'fetched',
    ...(keepsSent && blob !== undefined ? { blob } : {}),
  }));
}

/** The relay lost pieces, or they expired: they are put again, if they are still here. */
export async function neededByThem(change: ChatChange, seq: number, ranges: readonly Range[]): Promise<void> {
  const { session, context } = change;
  const found = await sentFile(change, seq);
  const content = found === undefined ? undefined : await fileContentOf(change.records, found.n);
  // While it goes up, what is asked for is what has not come up yet.
  if (found === undefined || content === undefined || found.record.blob === undefined || found.record.state !== 'up') {
    return;
  }
  const done = new PieceSet(
    withPlan(content.file, ({ count }) => count),
    found.record.done,
  );
  const before = putAgain(found.record, nowMs(context));
  const left = mayPutAgain(done.capacity, before);
  let lost = 0;
  for (const { from, to } of ranges) {
    for (let i = from; i <= Math.min(to, done.capacity - 1) && lost < left; i += 1) {
      if (done.has(i)) {
        done.delete(i);
        lost += 1;
      }
    }
  }
  if (lost > 0) {
    const again = { ...before, again: before.again + lost };
    await putTransfer(change, found.n, (record) => ({
      ...record,
      ...again,
      state: 'uploading',
      done: done.toBytes(),
    }));
    change.afterwards.push(() => context.transfers.wake(session, found.n));
  }
}

/** Everything that is stored of the file of entry `n` besides the entry; own pieces are to leave the relay. */
export async function forgetFile(change: ChatChange, n: number): Promise<void> {
  const record = await change.records.get(TRANSFER, n);
  if (record !== undefined) {
    await dropPieces(change, n, record, false);
    change.records.delete(TRANSFER, n);
  }
}

/** {@link forgetFile} of the whole history. */
export async function forgetFiles(change: ChatChange): Promise<void> {
  for (const { position } of await change.records.page(TRANSFER)) {
    await forgetFile(change, position);
  }
}

/** What deletes pieces `from` to `to - 1`, in random order: their own is nobody's business. */
export function capabilitiesOf(
  plan: PiecePlan,
  from: number,
  to: number,
  random: RandomSource,
): readonly PieceCapability[] {
  const out: PieceCapability[] = [];
  for (let i = from; i < to; i += 1) {
    const { id, deleteToken } = plan.piece(i);
    const at = below(random, out.length + 1);
    out.push(out[at] ?? { id, deleteToken });
    out[at] = { id, deleteToken };
  }
  return out;
}

/** After the commit: whatever is under way ends first, then the blob goes, then the pieces. */
async function dropPieces(change: ChatChange, n: number, record: TransferRecord, keepsBlob: boolean): Promise<void> {
  const { session, context } = change;
  const { transfers } = context;
  const content = await fileContentOf(change.records, n);
  const isUp = record.direction === 'up' && record.state !== 'fetched' && content !== undefined;
  const release = isUp
    ? transfers.media.errands.add(
        change.transaction,
        content.file.relay,
        withPlan(content.file, (plan) => capabilitiesOf(plan, 0, plan.count, context.effects.random)),
      )
    : () => {};
  change.afterwards.push(() => {
    transfers.drop(session.n, n, keepsBlob ? undefined : record.blob).then(release, release);
  });
}

async function sentFile(
  change: ChatChange,
  seq: number,
): Promise<{ readonly n: number; readonly record: TransferRecord } | undefined> {
  const n = (await change.records.get(MINE, seq))?.n;
  const record = n === undefined ? undefined : await change.records.get(TRANSFER, n);
  return n === undefined || record?.direction !== 'up' ? undefined : { n, record };
}

/** What `use` makes of the pieces of a file; their keys are wiped afterwards. */
export function withPlan<T>({ key, size }: FileDescriptor, use: (plan: PiecePlan) => T): T {
  const fileKey = new Secret<'file-key'>(new Uint8Array(key));
  const plan = new PiecePlan(fileKey, size);
  fileKey.wipe();
  try {
    return use(plan);
  } finally {
    plan.wipe();
  }
}
