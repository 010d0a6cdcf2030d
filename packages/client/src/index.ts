/**
 * The client of secret-chat, for every platform. On Node see also `@secret-chat/client/node`.
 *
 * @module
 */

export type {
  Aes256GcmProvider,
  Fingerprint,
  Picture,
  RandomAccessSource,
  RandomSource,
  ScryptParameters,
  TimerValue,
} from '@secret-chat/crypto';
export type { RelayErrorCode } from '@secret-chat/wire';
export type {
  ExportedBytes,
  ExportedCard,
  ExportedMailbox,
  ExportedPiece,
  RelayExport,
} from './account/relay-export.ts';
export type { Chat, ChatState, HistoryQuery } from './chat.ts';
export { openDevice } from './device/open-device.ts';
export type {
  DeletionProgress,
  Device,
  DeviceUnlock,
  Invite,
  InviteOptions,
  JoinOptions,
  OpenDeviceOptions,
} from './device.ts';
export type { Cancel, Clock } from './effects.ts';
export { ClientError, type ClientErrorCode, isClientError } from './errors.ts';
export type { DeviceEvent, EndReason, Listener, StaleReason } from './events.ts';
export { type FetchPieceOptions, fetchPieceTransport } from './link/piece-fetch.ts';
export type { PieceRequest, PieceTransport, PieceUpload } from './link/piece-transport.ts';
export type { LinkState } from './link/relay-link.ts';
export type { Socket, SocketEvents, Transport } from './link/transport.ts';
export type { BlobStore, StoredBlob } from './media/blob-store.ts';
export type {
  ByteStream,
  FetchFileOptions,
  FileInfo,
  FileProgress,
  FileSource,
  FileState,
  OpenFile,
  SendFileOptions,
  SizedSource,
} from './media/file.ts';
export { savedName } from './media/file-name.ts';
export { memoryBlobs } from './media/memory-blobs.ts';
export type { EncodedPhoto, PhotoEncoder, SendPhotoOptions, SentPhoto } from './media/photo.ts';
export type { Message, MessageBody, MessageState } from './message.ts';
export { type MemoryStore, memoryStore } from './store/memory-store.ts';
export type { Batch, RangeQuery, Store, StoredRecord } from './store/store.ts';
