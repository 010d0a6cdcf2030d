/** Writes the published test vectors beside this file: `npm run vectors`. */
import { writeFile } from 'node:fs/promises';
import { ready } from '../src/index.ts';
import { generateVectors } from './source/index.ts';

await ready;
for (const [name, text] of await generateVectors()) {
  await writeFile(new URL(name, import.meta.url), text);
}
