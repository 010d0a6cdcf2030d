/**
 * Asking relays for the pieces that this device has put there: whether they are there, how large they are, and for the bytes of
 * what is not too large.
 *
 * Spec: docs/protocol/export.md §4, docs/protocol/relay.md §7.
 *
 * @module
 */

import { toHex } from '@secret-chat/wire';
import { CHAT } from '../chat/chat-record.ts';
import { CONTENT } from '../chat/message-record.ts';
import type { DeviceContext } from '../device/context.ts';
import { isClientError } from '../errors.ts';
import { misbehaved } from '../link/piece-answer.ts';
import { readFileContent } from '../media/change-transfer.ts';
import { withPlan } from '../media/file-effects.ts';
import { pieceSize } from '../media/piece-size.ts';
import { PIECE_ERRAND, TRANSFER } from '../media/transfer-record.ts';
import { isoTime } from '../platform.ts';
import { NO_SCOPE, numberScope } from '../vault/scopes.ts';
import { base64 } from './base64.ts';
import type { ExportedPiece, RelayExport } from './relay-export.ts';
import { whyUnreachable } from './why-unreachable.ts';

/** Bytes of pieces in one export: some photos, and a text of 23 million letters. Of more it says where they are. */
const MAX_BYTES: number = 16 * 1_048_576;
/** What an errand names has this size at most: it does not say. */
const MAX_PIECE_SIZE = 1_048_576;
/** Requests to a relay at a time: as many as pieces are moved. */
const LANES = 4;

/** Pieces of one file, or of one errand. */
interface PieceGroup {
  readonly relay: string;
  readonly what: string;
  readonly of: ExportedPiece['of'];
  readonly ids: readonly Uint8Array[];
  /** Of each, if it is known. */
  readonly sizes?: readonly number[];
  /** Of all of them together, at most. */
  readonly size: number;
  readonly keptUntil?: string;
}

/** A piece to be asked for. */
interface Asked {
  readonly group: PieceGroup;
  readonly id: Uint8Array;
  /** If it is known. */
  readonly size: number | undefined;
  readonly withBytes: boolean;
}

/**
 * Asks for every piece of this device that may be on a relay. A relay that fails is not asked for the rest; what could not be
 * asked for before `signal` is counted by file.
 *
 * @throws `ClientError` `CLOSED`, `STORE_…`
 */
export async function exportPieces(
  context: DeviceContext,
  signal: AbortSignal,
): Promise<Pick<RelayExport, 'relays' | 'pieces' | 'unreachable'>> {
  const groups = [...(await piecesOfFiles(context)), ...(await piecesOfErrands(context))];
  const all = withRoom(groups);
  const found: (ExportedPiece | undefined)[] = [];
  const failed = new Map<string, string>();
  const unasked = new Map<PieceGroup, number>();
  const lane = async (waiting: Iterable<readonly [number, Asked]>) => {
    for (const [at, asked] of waiting) {
      const { group } = asked;
      try {
        if (!failed.has(group.relay)) {
          found[at] = await askFor(context, asked, signal);
          continue;
        }
      } catch (error) {
        if (isClientError(error) && error.relayCode === 'GONE') {
          continue;
        }
        failed.set(group.relay, failed.get(group.relay) ?? whyUnreachable(error));
      }
      unasked.set(group, (unasked.get(group) ?? 0) + 1);
    }
  };
  await Promise.all(
    [...new Set(groups.map(({ relay }) => relay))].flatMap((relay) => {
      // Lanes of one relay take from one list; another one may be silent.
      const waiting = [...all.entries()].filter(([, { group }]) => group.relay === relay).values();
      return Array.from({ length: LANES }, () => lane(waiting));
    }),
  );
  return {
    relays: groups.map(({ relay }) => relay),
    pieces: found.filter((piece) => piece !== undefined),
    unreachable: [...unasked].map(([{ relay, what, ids }, count]) => ({
      relay,
      what: `${what}: ${count} of ${ids.length}`,
      why: failed.get(relay) ?? 'RELAY_UNREACHABLE',
    })),
  };
}

/** A file's bytes are in as a whole, or not at all. */
function withRoom(groups: readonly PieceGroup[]): readonly Asked[] {
  let room = MAX_BYTES;
  return groups.flatMap((group) => {
    const withBytes = group.size <= room;
    room -= withBytes ? group.size : 0;
    return group.ids.map((id, at) => ({ group, id, size: group.sizes?.[at], withBytes }));
  });
}

async function askFor(
  { transfers }: DeviceContext,
  { group, id, size: known, withBytes }: Asked,
  signal: AbortSignal,
): Promise<ExportedPiece> {
  const { transport } = transfers.media;
  const { relay, of, keptUntil } = group;
  // This device has put them there.
  const request = { relay, id, isChosen: true, signal };
  const size = await transport.head(request);
  if (known !== undefined && size !== known) {
    // Its bytes would have more room than was counted.
    throw misbehaved('a piece has another size than it should');
  }
  return {
    ...{ relay, of, id: toHex(id), size },
    ...(withBytes ? { bytes: base64(await transport.get(request, size)) } : {}),
    ...(keptUntil === undefined ? {} : { keptUntil }),
  };
}

/** What the other side has fetched is among the errands, until it is deleted. */
async function piecesOfFiles({ vault }: DeviceContext): Promise<PieceGroup[]> {
  const out: PieceGroup[] = [];
  for (const { position: chat } of await vault.page(CHAT, NO_SCOPE)) {
    const scope = numberScope(chat);
    for (const { position: message, value } of await vault.page(TRANSFER, scope)) {
      const isPut = value.direction === 'up' && value.state !== 'fetched';
      const content = isPut ? readFileContent(await vault.getItem(CONTENT, scope, message)) : undefined;
      if (content !== undefined) {
        const { expiresAt } = value;
        out.push({
          relay: content.file.relay,
          what: `pieces of message ${message} in chat ${chat}`,
          of: { chat, message },
          ...withPlan(content.file, (plan) => ({
            size: plan.size,
            ids: Array.from({ length: plan.count }, (_, index) => plan.piece(index).id),
            sizes: Array.from({ length: plan.count }, (_, index) => pieceSize(plan.size, index)),
          })),
          ...(expiresAt === 0 ? {} : { keptUntil: isoTime(expiresAt * 1000) }),
        });
      }
    }
  }
  return out;
}

async function piecesOfErrands({ vault }: DeviceContext): Promise<PieceGroup[]> {
  const errands = await vault.page(PIECE_ERRAND, NO_SCOPE);
  return errands.map(({ value: { relay, pieces } }) => ({
    relay,
    what: 'pieces that no message has',
    of: { closing: true },
    ids: pieces.map(({ id }) => id),
    size: pieces.length * MAX_PIECE_SIZE,
  }));
}
