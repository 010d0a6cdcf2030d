/** What a page loads: sources of this workspace in one file, with nothing of Node. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const home = new URL('../../', import.meta.url);

/** An import or `require` that is not resolved, such as any of Node's, fails the build. @param entry beside `package.json` */
export async function bundle(entry: string, options: { packages?: 'external' } = {}) {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [fileURLToPath(new URL(entry, home))],
    absWorkingDir: fileURLToPath(home),
    bundle: true,
    platform: 'browser',
    // Other packages of this workspace as sources; `module` is what esbuild asks for when nothing is given.
    conditions: ['@secret-chat/source', 'module'],
    format: 'esm',
    target: 'es2023',
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { code: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs), imports, warnings };
}
