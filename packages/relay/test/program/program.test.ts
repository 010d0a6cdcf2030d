import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LIMITS } from '../../src/index.ts';
import { Client, envelope, newOwner } from '../support/client.ts';

const program = fileURLToPath(new URL('../../src/program.ts', import.meta.url));

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: { out: string; err: string };
  readonly ended: Promise<number | null>;
  line(pattern: RegExp): Promise<string>;
}

/** Kills the thread of the store at SIGUSR2: with what it does not expect, it fails from inside. */
const KILL_STORE = `
  import { Worker } from 'node:worker_threads';
  const { postMessage } = Worker.prototype;
  let store;
  Worker.prototype.postMessage = function (...message) {
    store = this;
    postMessage.apply(this, message);
  };
  process.on('SIGUSR2', () => postMessage.call(store, null));
`;

function run(...args: string[]): Running {
  return runWith([], args);
}

function runWith(flags: readonly string[], args: readonly string[]): Running {
  const child = spawn(
    process.execPath,
    ['--conditions=@secret-chat/source', '--import=tsx', ...flags, program, ...args],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    },
  );
  const output = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    output.out += data;
  });
  child.stderr.on('data', (data) => {
    output.err += data;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(() => void child.kill('SIGKILL'));
  const line = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(output.out)?.[1];
      if (found !== undefined) {
        return found;
      }
      await Promise.race([
        once(child.stdout, 'data'),
        ended.then((code) => Promise.reject(new Error(`${code} ${output.err}`))),
      ]);
    }
  };
  return { child, output, ended, line };
}

describe('the program', () => {
  test('--help lists every limit with its default', async () => {
    const { ended, output } = run('--help');
    expect(await ended).toBe(0);
    for (const [name, { value }] of Object.entries(LIMITS)) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(output.out.replace(/\s+/g, ' ')).toMatch(
        new RegExp(`--${flag} <number> (?:(?! --).)*default: ${value}\\)`),
      );
    }
  });

  test('says where it listens and that it forgets, serves, and stops when it is told', async () => {
    const { child, output, ended, line } = run('--port', '0', '--metrics-port', '0');
    const client = await Client.connect(await line(/started: (\S+)/));
    await line(/(in memory)/);
    const owner = newOwner();
    await client.open(owner);
    expect(await client.put(owner.address, envelope())).toMatchObject({ op: 'ok' });
    const metrics = await (await fetch(await line(/metrics: (\S+)/))).text();
    expect(metrics).toMatch(/^secret_chat_relay_envelopes 1$/m);
    expect(metrics).toMatch(/^secret_chat_relay_requests_total\{operation="put"\} 1$/m);
    child.kill('SIGTERM');
    expect(await client.closed).toEqual({ code: 1001 });
    expect(await ended).toBe(0);
    expect(output.err).toBe('');
    expect(output.out.split('\n')).toEqual([
      expect.stringMatching(/^relay started: ws:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^relay is reached by: /),
      'relay holds everything in memory: it is lost when the relay stops',
      expect.stringMatching(/^relay metrics: /),
      'relay stopped',
      '',
    ]);
  });

  test('a second signal stops at once', async () => {
    const { child, ended, line } = run('--port', '0', '--drain-seconds', '60');
    const url = new URL((await line(/started: (\S+)/)).replace('ws', 'http'));
    // An upload that is under way holds the first signal up.
    const socket = net.connect(Number(url.port), url.hostname);
    const id = '0'.repeat(64);
    socket.on('error', () => undefined);
    socket.write(
      `PUT /piece/${id} HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\nsecret-chat-delete-hash: ${id}\r\n\r\nabc`,
    );
    await expect.poll(async () => (await fetch(new URL(`/piece/${id}`, url))).status).toBe(404);
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await ended).toBe(1);
  });

  test('says why and ends with an error when the thread of its store dies; started again, it has everything', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'secret-chat-relay-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const args = ['--port', '0', '--data', join(folder, 'data')];
    const doomed = runWith([`--import=data:text/javascript,${encodeURIComponent(KILL_STORE)}`], args);
    const client = await Client.connect(await doomed.line(/started: (\S+)/));
    const owner = newOwner();
    await client.open(owner);
    const kept = envelope();
    expect(await client.put(owner.address, kept)).toMatchObject({ op: 'ok' });
    doomed.child.kill('SIGUSR2');
    expect(await doomed.ended).toBe(1);
    expect(doomed.output.err).toMatch(/^relay fatal: the store cannot be used any more: its thread failed: .*\n$/);
    expect(doomed.output.out).not.toContain('relay stopped');

    const again = await Client.connect(await run(...args).line(/started: (\S+)/));
    await again.subscribe(owner);
    expect(await again.next('envelope')).toMatchObject([{ envelope: kept }]);
    again.end();
  });

  test.each([
    [['--host', '0.0.0.0', '--origin', 'wss://relay.example'], /0\.0\.0\.0 can be reached by others: give a TLS/],
    [['--port', '70000'], /a port is a number from 0 to 65535/],
    [['--port', 'x'], /Not a number/],
    [['--connections', '0'], /connections is a number above 0/],
    [['--token-file', '/nonexistent/token'], /cannot read \/nonexistent\/token: ENOENT/],
    [['--tls-cert', '/nonexistent/cert'], /--tls-cert and --tls-key go together/],
    [['--speed', '9'], /unknown option/],
    [['extra'], /too many arguments/],
  ])('%j is refused with a reason', async (args, reason) => {
    const { ended, output } = run(...args);
    expect(await ended).toBe(1);
    expect(output.err).toMatch(reason);
    expect(output.err).not.toMatch(/\n\s+at /);
    expect(output.out).toBe('');
  });

  test('a port in use is said clearly', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as net.AddressInfo;
    const { ended, output } = run('--port', String(port));
    expect(await ended).toBe(1);
    expect(output.err).toBe(`relay fatal: another program listens on 127.0.0.1 port ${port}\n`);
  });

  test('a token file makes it private', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'secret-chat-token-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'token'), 'correct-horse-battery\n');
    const { line } = run('--port', '0', '--token-file', join(folder, 'token'));
    const client = await Client.connect(await line(/started: (\S+)/));
    expect(client.hello.tokenRequired).toBe(true);
    expect(await client.ask({ op: 'auth', token: 'correct-horse-battery' })).toMatchObject({ op: 'ok' });
    expect(await client.open(newOwner())).toMatchObject({ op: 'ok' });
    client.end();
  });
});
