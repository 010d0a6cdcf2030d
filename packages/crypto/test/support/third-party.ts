import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside the repository, unless the environment names another folder. */
const folder: string =
  process.env.SECRET_CHAT_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url));

let told = false;

/**
 * Reads `file` (with its ending, say `x25519_test.json`) from the folder of third-party vectors; `undefined`, after
 * saying so once, where it is not there: skip the suite with `describe.skipIf`.
 */
// biome-ignore lint/suspicious/noExplicitAny: other people's JSON; a test that reads a wrong field fails
export function thirdParty<Vectors = any>(file: string): Vectors | undefined {
  const path = `${folder}/${file}`;
  if (!existsSync(path)) {
    if (!told) {
      told = true;
      process.stderr.write(
        `third-party vectors skipped: ${file} is not there; SECRET_CHAT_VECTORS may name a folder\n`,
      );
    }
    return undefined;
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** The names of all files there; none where the folder is not there. */
export function thirdPartyFiles(): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
