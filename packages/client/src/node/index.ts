/**
 * What the client needs on Node: a store on disk, key files, sockets, files, photos.
 *
 * @module
 */

export { vaultUnlockKind } from '../vault/vault.ts';
export { openBlobFolder } from './blob-folder.ts';
export { fileSource } from './file-source.ts';
export { readOrCreateKeyFile } from './key-file.ts';
export { type SharpPhotosOptions, sharpPhotos } from './photo-encoder.ts';
export { nodePieceTransport } from './piece-transport.ts';
export { saveFile } from './save-file.ts';
export { openSqliteStore } from './sqlite-store.ts';
export { wsTransport as nodeTransport } from './ws-transport.ts';
