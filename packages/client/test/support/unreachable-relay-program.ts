/** An embedding program whose relay does not answer: it waits, is told so, and closes. Nothing but the device keeps it alive. */

import process from 'node:process';
import { isClientError, memoryStore, openDevice } from '../../src/index.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { scaledClock } from './scaled-clock.ts';

const device = await openDevice({
  store: memoryStore(),
  keyFile: new Uint8Array(32),
  name: 'Anna',
  relay: process.argv[2] as string,
  transport: wsTransport(),
  clock: scaledClock(100),
});
const refusal = await device.createInvite().catch((error: unknown) => error);
process.stdout.write(isClientError(refusal) ? `${refusal.code}\n` : 'an invite\n');
await device.close();
process.stdout.write('closed\n');
