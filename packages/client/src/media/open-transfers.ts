/**
 * The transfers of a device that is being opened, with what the caller passed in and defaults for the rest.
 *
 * @module
 */

import { platformAes256Gcm } from '@secret-chat/crypto';
import type { OpenDeviceOptions } from '../device.ts';
import { fetchPieceTransport } from '../link/piece-fetch.ts';
import type { MediaContext } from './media-context.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { PieceErrands } from './piece-errands.ts';
import { PieceLanes } from './piece-lanes.ts';
import { Transfers } from './transfers.ts';

/** Photos and voice messages, rather than films. */
const AUTO_FETCH_BYTES: number = 2 * 1_048_576;

type Given = Pick<MediaContext, 'vault' | 'effects' | 'relay' | 'tell' | 'kick'>;

export async function openTransfers(given: Given, options: OpenDeviceOptions): Promise<Transfers> {
  const { vault, effects, relay } = given;
  const { relayToken: token } = options;
  const transport = options.pieces ?? fetchPieceTransport({ clock: effects.clock });
  return new Transfers({
    ...given,
    transport,
    blobs: options.files ?? memoryBlobs(),
    lanes: new PieceLanes(effects),
    errands: await PieceErrands.load(vault, transport, effects.clock),
    photos: options.photos,
    aes: options.aes ?? platformAes256Gcm(),
    token: token === undefined ? undefined : { origin: relay, token },
    autoFetchBytes: options.autoFetchBytes ?? AUTO_FETCH_BYTES,
    keepsSent: options.keepsSentFiles ?? false,
  });
}
