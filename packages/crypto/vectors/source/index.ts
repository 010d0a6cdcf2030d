import { cardVectors } from './card.ts';
import { envelopeVectors } from './envelope.ts';
import { fileVectors } from './file.ts';
import { fingerprintVectors } from './fingerprint.ts';
import { handshakeVectors } from './handshake.ts';
import { ratchetVectors } from './ratchet.ts';
import { timerVectors } from './timers.ts';
import { vaultVectors } from './vault.ts';

/** Every published vector file, by name, as the JSON text that it holds. */
export async function generateVectors(): Promise<Map<string, string>> {
  const files: Record<string, unknown> = {
    'card.json': cardVectors(),
    'handshake.json': handshakeVectors(),
    'ratchet.json': ratchetVectors(),
    'envelope.json': envelopeVectors(),
    'file.json': await fileVectors(),
    'vault.json': await vaultVectors(),
    'fingerprint.json': fingerprintVectors(),
    'timers.json': timerVectors(),
  };
  return new Map(Object.entries(files).map(([name, value]) => [name, `${JSON.stringify(value, null, 2)}\n`]));
}
