/** A device in a real browser, and one on Node; on demand, since it takes a Chromium: SECRET_CHAT_CHROMIUM names its program. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type Chat, type Device, memoryStore, openDevice } from '../../src/index.ts';
import { nodePieceTransport, nodeTransport } from '../../src/node/index.ts';
import { bundle } from '../support/browser-bundle.ts';
import { FILE, type Seen, type Settings, sha256 } from '../support/browser-page.ts';
import { testRelay } from '../support/relay.ts';
import { Told } from '../support/told.ts';

const CHROMIUM = process.env.SECRET_CHAT_CHROMIUM;
const TOKEN = 'the-token-of-this-relay';
const FORBIDDEN = 'ws://127.0.0.1:9';

test.skipIf(CHROMIUM === undefined)(
  'a page in Chromium under a strict policy, and its private relay (on demand: set SECRET_CHAT_CHROMIUM)',
  { timeout: 120_000 },
  async () => {
    const page = await servePage();
    const relay = await testRelay({ token: TOKEN, allowedOrigins: [page.origin] });
    const device = await openDevice({
      store: memoryStore(),
      passphrase: 'correct horse battery staple',
      name: 'Node',
      relay: relay.url,
      relayToken: TOKEN,
      transport: nodeTransport(),
      pieces: nodePieceTransport(),
      scrypt: { logN: 10, r: 8, p: 1 },
    });
    onTestFinished(() => device.close());
    const { link } = await device.createInvite();
    const settings = { relay: relay.url, relayToken: TOKEN, link, forbidden: FORBIDDEN };
    const [{ longestPause, ...seen }, heard] = await Promise.all([page.visit(settings), talkTo(device)]);
    expect(heard).toMatchObject({ answer: { text: 'an answer', replyTo: heard.text }, received: await sha256(FILE) });
    expect(seen).toEqual({
      fingerprint: heard.fingerprint,
      received: await sha256(FILE),
      destroyed: 'timer',
      refusal: 'the platform refused the connection',
      // Of the forbidden relay alone.
      errors: ['connect-src'],
    });
    // Stretching the passphrase takes most of a second, and leaves the page alive.
    expect(longestPause).toBeLessThan(0.5);
  },
);

/** The other side of `browser-page.ts`. */
async function talkTo(device: Device) {
  const told = new Told();
  device.subscribe(told.listen);
  const chat = device.chat((await told.event('request')).chat) as Chat;
  await chat.accept();
  await chat.setTimer(1);
  const { n: text } = await chat.sendText('gone a second after it was read');
  await chat.setTimer('off');
  const { n: sent } = await chat.sendFile(FILE, { name: 'a file' });
  const answer = await told.first((event) =>
    event.type === 'message' && event.message.from === 'them' && event.message.replyTo !== undefined
      ? event.message
      : undefined,
  );
  expect(await told.event('state', text)).toMatchObject({ state: 'sent' });
  await told.event('destroyed', text);
  const file = await told.theirs('file');
  await chat.fetchFile(file);
  const opened = await chat.openFile(file);
  const received = await sha256((await opened.read(0, opened.size)) as Uint8Array<ArrayBuffer>);
  await opened.close();
  await told.first(
    (event) => (event.type === 'file' && event.n === sent && event.fileState === 'fetched') || undefined,
  );
  await chat.end();
  return { text, answer, received, fingerprint: chat.fingerprint().digits.join(' ') };
}

/** The page, and a browser that visits it. */
async function servePage() {
  const { code } = await bundle('test/support/browser-page.ts');
  let settings: Settings | undefined;
  let tell: (seen: Seen) => void = () => {};
  const answers: Record<string, (response: http.ServerResponse, request: http.IncomingMessage) => void> = {
    '/': (response) =>
      response
        .setHeader('content-security-policy', policy(settings?.relay ?? ''))
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>'),
    '/page.js': (response) => response.setHeader('content-type', 'text/javascript').end(code),
    '/settings': (response) => response.end(JSON.stringify(settings)),
    '/seen': async (response, request) => {
      tell((await json(request)) as Seen);
      response.end();
    },
  };
  const server = http.createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    answer === undefined ? response.writeHead(404).end() : answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    /** Rejects when the page fails. */
    visit(told: Settings): Promise<Seen> {
      settings = told;
      const seen = new Promise<Seen>((resolve, reject) => {
        tell = (what) => ('failed' in what ? reject(new Error(JSON.stringify(what))) : resolve(what));
      });
      startChromium(`${origin}/`);
      return seen;
    },
  };
}

/** What README.md says that a page needs, and nothing more. */
function policy(relay: string): string {
  const connect = `connect-src 'self' ${relay} ${relay.replace(/^ws/, 'http')}`;
  return `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; ${connect}`;
}

/** Ends with the test, and its profile with it. */
function startChromium(url: string): void {
  const profile = mkdtempSync(join(tmpdir(), 'secret-chat-chromium-'));
  const flags = ['--headless', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
  // Chromium's own sandbox does not start as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(CHROMIUM as string, [...flags, ...sandbox, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) {
      await once(child, 'close');
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
  });
}
