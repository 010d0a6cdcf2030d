/**
 * A file carried over HTTP by nothing but `node:http`, for a comparison: what a relay does at the least. Started by `age.ts`.
 *
 *   http-copy.ts store <file>         keeps what is put, and gives it again; says its port
 *   http-copy.ts put <port> <file>    resolves when the store has synced it, whole, once
 *   http-copy.ts get <port> <file>    writes it whole, and syncs it once
 *
 * @module
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Read and written at once. */
const BLOCK = { highWaterMark: 1_048_576 } as const;

async function write(source: Readable, file: string): Promise<void> {
  await pipeline(source, createWriteStream(file, BLOCK));
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
}

function serve(file: string): void {
  const server = http.createServer((request, response) => {
    const done =
      request.method === 'PUT'
        ? write(request, file).then(() => void response.writeHead(201).end())
        : pipeline(createReadStream(file, BLOCK), response);
    done.catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}

function exchange(method: string, port: string, headers: http.OutgoingHttpHeaders, body?: Readable): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, headers }, resolve);
    request.once('error', reject);
    if (body === undefined) {
      request.end();
    } else {
      pipeline(body, request).catch(reject);
    }
  });
}

const [what, place, file] = process.argv.slice(2) as [string, string, string];
if (what === 'store') {
  serve(place);
} else {
  const before = process.cpuUsage();
  const start = performance.now();
  if (what === 'put') {
    const { size } = await stat(file);
    const answer = await exchange('PUT', place, { 'content-length': size }, createReadStream(file, BLOCK));
    answer.resume();
  } else {
    await write(await exchange('GET', place, {}), file);
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ s: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }));
}
