#!/usr/bin/env node
/**
 * The relay as a program: `npm run relay -- --help`.
 *
 * Standard output says that it started and stopped, standard error why it could not; nothing is said about use.
 *
 * Spec: docs/protocol/relay.md §1.1 and §8.4.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemEffects } from './effects.ts';
import { RelayStartError } from './errors.ts';
import { LIMITS, type LimitName, type Limits } from './server/limits.ts';
import { type Relay, type RelayOptions, startRelay } from './start-relay.ts';
import { StoreError } from './store/relay-store.ts';

const DEFAULT_PORT = 8787;

/** One Ctrl-C reaches a program twice when whoever started it hands signals down: what follows so soon is the same. */
const SAME_SIGNAL_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly data?: string;
  readonly origin?: string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowInsecure?: boolean;
  readonly tokenFile?: string;
  readonly allowOrigin?: string[];
  readonly trustedProxy?: string[];
  readonly metricsPort?: number;
}

async function main(): Promise<void> {
  const program = describe();
  program.parse();
  const flags = program.opts<Flags & Partial<Limits>>();
  const relay = await startRelay(readOptions(flags));
  // Whoever supervises the program starts it again: a store that opens anew has lost nothing that was answered.
  void relay.failed.then(fail);
  stopOnSignal(relay);
  say(`relay started: ${relay.url}`);
  if (relay.origins.some((origin) => origin !== relay.url)) {
    say(`relay is reached by: ${relay.origins.join(' ')}`);
  }
  say(
    flags.data === undefined
      ? 'relay holds everything in memory: it is lost when the relay stops'
      : `relay data: ${flags.data}`,
  );
  if (relay.metricsUrl !== undefined) {
    say(`relay metrics: ${relay.metricsUrl}`);
  }
}

function describe(): Command {
  const program = new Command('secret-chat-relay')
    .description('Stores opaque envelopes, cards and pieces for secret chats, and forgets them. Writes no log of use.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes any free one', toInteger, DEFAULT_PORT)
    .option('--data <folder>', 'where everything is stored; without it in memory, lost at the end')
    .option('--origin <origin...>', 'what clients dial, wss://host[:port]; without it what host and port make')
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'private key, PEM')
    .option('--allow-insecure', 'listen without TLS where others can reach it (behind a proxy that has TLS)')
    .option(
      '--token-file <file>',
      'makes the relay private: opening mailboxes, putting cards and pieces needs this token',
    )
    .option('--allow-origin <origin...>', 'web origins that are let in; without it any')
    .option(
      '--trusted-proxy <address...>',
      'proxies whose X-Forwarded-For is believed: loopback, address, address/prefix',
    )
    .option('--metrics-port <number>', 'totals for Prometheus on 127.0.0.1; 0 takes any free port', toInteger)
    .helpOption('--help', 'shows this')
    .showHelpAfterError('--help lists every option');
  for (const [name, { value, unit, says }] of Object.entries(LIMITS)) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const option = new Option(`--${flag} <number>`, `${unit} ${says} (default: ${value})`).argParser(toNumber);
    program.addOption(option.helpGroup('Limits:'));
  }
  return program;
}

function readOptions(flags: Flags & Partial<Limits>): RelayOptions {
  const { tlsCert, tlsKey, tokenFile } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new RelayStartError('INVALID_OPTION', '--tls-cert and --tls-key go together');
  }
  const limits: Partial<Record<LimitName, number>> = {};
  for (const name of Object.keys(LIMITS) as LimitName[]) {
    const value = flags[name];
    if (value !== undefined) {
      limits[name] = value;
    }
  }
  return {
    host: flags.host,
    port: flags.port,
    limits,
    allowInsecure: flags.allowInsecure ?? false,
    ...(flags.data === undefined ? {} : { data: flags.data }),
    ...(flags.origin === undefined ? {} : { origins: flags.origin }),
    ...(flags.allowOrigin === undefined ? {} : { allowedOrigins: flags.allowOrigin }),
    ...(flags.trustedProxy === undefined ? {} : { trustedProxies: flags.trustedProxy }),
    ...(flags.metricsPort === undefined ? {} : { metricsPort: flags.metricsPort }),
    ...(tokenFile === undefined ? {} : { token: read(tokenFile).trim() }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { cert: read(tlsCert), key: read(tlsKey) } }),
  };
}

/** The first signal answers what is under way and closes the store; a second one stops at once. */
function stopOnSignal(relay: Relay): void {
  let first: number | undefined;
  const onSignal = () => {
    const now = systemEffects.monotonic();
    if (first === undefined) {
      first = now;
      relay.close().then(
        () => {
          say('relay stopped');
          process.exit(0);
        },
        (error: unknown) => fail(error),
      );
    } else if (now - first > SAME_SIGNAL_MS) {
      say('relay stopped at once');
      process.exit(1);
    }
  };
  for (const signal of SIGNALS) {
    process.on(signal, onSignal);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RelayStartError('INVALID_OPTION', `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function toNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('Not a number.');
  }
  return value;
}

function toInteger(text: string): number {
  const value = toNumber(text);
  if (!Number.isInteger(value)) {
    throw new InvalidArgumentError('Not a whole number.');
  }
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Names the cause; a stack only where the cause is a defect of this program. */
function fail(error: unknown): never {
  const isKnown = error instanceof RelayStartError || error instanceof StoreError;
  const why = isKnown ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`relay fatal: ${why}\n`);
  process.exit(1);
}

try {
  await main();
} catch (error) {
  fail(error);
}
