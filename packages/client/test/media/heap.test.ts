/** A file of 1 GiB, there and back, in a heap of 256 MiB; on demand, since it takes 3 GiB of disk. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const IS_WANTED = process.env.SECRET_CHAT_MEDIA_GIB !== undefined;
const BENCH = fileURLToPath(new URL('../../bench/media.ts', import.meta.url));

test.runIf(IS_WANTED)('1 GiB under a heap of 256 MiB', { timeout: 600_000 }, async () => {
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=256', '--conditions=@secret-chat/source', '--import=tsx', BENCH, '--mib', '1024', '--alone'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
});
