/**
 * A relay on a free port, with a folder for profiles: tests leave the user's own alone.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startRelay } from '@secret-chat/relay';
import { onTestFinished } from 'vitest';

export async function relayElsewhere(): Promise<{ readonly relay: string; readonly folder: string }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'secret-chat-test-'));
  const relay = await startRelay();
  onTestFinished(async () => {
    await relay.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { relay: relay.url, folder };
}
