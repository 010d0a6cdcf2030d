/**
 * What the client needs on Node: a store on disk, key files, sockets, files, photos.
 *
 * @module
 */

export { vaultUnlockKind } from '../vault/vault.ts';
export { openBlobFolder } from './blob-folder.ts';
export { fileSource, type OpenedSource } from './file-source.ts';
export { readOrCreateKeyFile } from './key-file.ts';
export { type SharpPhotosOptions, sharpPhotos } from './photo-encoder.ts';
export { nodePieceTransport, type PieceTransportOptions } from './piece-transport.ts';
export { saveFile } from './save-file.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
export { wsTransport as nodeTransport } from './ws-transport.ts';
