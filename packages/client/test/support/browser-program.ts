/** What a page does with the client, as far as that needs no relay; it is bundled and run without Node. */

import { isClientError, memoryStore, openDevice, type Transport } from '../../src/index.ts';

export interface Findings {
  readonly nodeGlobals: string[];
  readonly name: string;
  readonly relay: string;
  readonly link: string;
  readonly wrongPassphrase: string;
  readonly sameIdentity: boolean;
}

const NODE_GLOBALS = ['process', 'Buffer', 'global', 'require'];

/** Nobody answers. */
const transport: Transport = {
  connect(_origin, _subprotocol, events) {
    queueMicrotask(() => events.close('nobody answers'));
    return { backlog: 0, send() {}, close() {} };
  },
};

export async function run(): Promise<Findings> {
  const store = memoryStore();
  const scrypt = { logN: 10, r: 8, p: 1 };
  const settings = { passphrase: 'a passphrase', transport, scrypt };
  const device = await openDevice({ ...settings, store, name: 'Alice', relay: 'wss://relay.example' });
  const abort = new AbortController();
  const invite = device.createInvite({ signal: abort.signal });
  abort.abort();
  const link = await invite.then(
    () => 'made',
    (error: unknown) => (isClientError(error) ? error.code : String(error)),
  );
  const { name, relay, identityKey } = device;
  await device.close();
  const snapshot = store.snapshot();
  const wrongPassphrase = await openDevice({ ...settings, passphrase: 'another', store: memoryStore(snapshot) }).then(
    () => 'opened',
    (error: unknown) => (isClientError(error) ? error.code : String(error)),
  );
  const again = await openDevice({ ...settings, store: memoryStore(snapshot) });
  const sameIdentity = again.identityKey.every((byte, i) => byte === identityKey[i]);
  await again.close();
  return {
    nodeGlobals: NODE_GLOBALS.filter((each) => each in globalThis),
    name,
    relay,
    link,
    wrongPassphrase,
    sameIdentity,
  };
}
