/**
 * What the client needs on Node: a store on disk, key files, sockets.
 *
 * @module
 */

export { vaultUnlockKind } from '../vault/vault.ts';
export { readOrCreateKeyFile } from './key-file.ts';
export { openSqliteStore } from './sqlite-store.ts';
export { wsTransport as nodeTransport } from './ws-transport.ts';
