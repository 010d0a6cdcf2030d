/**
 * Metrics for Prometheus, on a loopback port of their own: totals, nothing of one mailbox, card, piece or network.
 *
 * Spec: docs/protocol/relay.md §8.4.
 *
 * @module
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, Registry } from 'prom-client';
import { RelayStartError } from '../errors.ts';
import type { StoreTotals } from '../store/relay-store.ts';
import type { Services } from './services.ts';

const HOST = '127.0.0.1';
const PREFIX = 'secret_chat_relay';

/** Whatever is told, with its help text. */
const COUNTERS = {
  connectionsOpened: ['connections_opened_total', 'Connections that were opened'],
  connectionsCut: ['connections_cut_total', 'Connections that read too slowly or did not answer'],
  connectionsRefused: ['connections_refused_total', 'Connections closed for what they sent'],
  framesPushed: ['frames_pushed_total', 'Frames pushed to subscribers'],
  piecesStored: ['pieces_stored_total', 'Pieces stored'],
  piecesRead: ['pieces_read_total', 'Pieces read, whole or in part'],
  purged: ['purged_total', 'Items that expired and were removed'],
  failures: ['failures_total', 'Requests that failed inside the relay'],
} as const;

const HELD: { readonly [Name in keyof StoreTotals]: readonly [string, string] } = {
  mailboxes: ['mailboxes', 'Mailboxes held'],
  envelopes: ['envelopes', 'Envelopes held'],
  envelopeBytes: ['envelope_bytes', 'Bytes of envelopes held'],
  cards: ['cards', 'Cards held'],
  prekeys: ['prekeys', 'One-time prekeys held'],
  pieces: ['pieces', 'Pieces held'],
  pieceBytes: ['piece_bytes', 'Bytes of pieces held'],
};

/** Serves `/metrics` until it is closed. */
export class Metrics {
  readonly #services: Services;
  readonly #registry: Registry = new Registry();
  readonly #held = new Map<keyof StoreTotals, Gauge>();
  readonly #server: http.Server;

  constructor(services: Services) {
    this.#services = services;
    this.#register();
    this.#server = http.createServer((request, response) => void this.#serve(request, response));
  }

  /** @throws {@link RelayStartError} */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', ({ code }: NodeJS.ErrnoException) =>
        reject(new RelayStartError('ADDRESS_IN_USE', `the metrics cannot listen on ${HOST} port ${port}: ${code}`)),
      );
      this.#server.listen({ host: HOST, port }, resolve);
    });
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}/metrics`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      await this.#refresh();
      const text = await this.#registry.metrics();
      response.writeHead(200, { 'content-type': this.#registry.contentType }).end(text);
    } catch {
      response.writeHead(503).end();
    }
  }

  #register(): void {
    const { totals } = this.#services;
    const registers = [this.#registry];
    new Gauge({
      name: `${PREFIX}_connections`,
      help: 'Connections that are open',
      registers,
      collect() {
        this.set(totals.connections);
      },
    });
    for (const [name, [suffix, help]] of Object.entries(COUNTERS)) {
      counter(registers, `${PREFIX}_${suffix}`, help, () => totals[name as keyof typeof COUNTERS]);
    }
    labelled(registers, `${PREFIX}_requests_total`, 'Requests by operation', 'operation', totals.requests);
    labelled(registers, `${PREFIX}_refusals_total`, 'Refusals by code', 'code', totals.refusals);
    for (const [name, [suffix, help]] of Object.entries(HELD)) {
      this.#held.set(name as keyof StoreTotals, new Gauge({ name: `${PREFIX}_${suffix}`, help, registers }));
    }
  }

  /** One question to the store for all of its gauges. */
  async #refresh(): Promise<void> {
    const held = await this.#services.store.totals();
    for (const [name, gauge] of this.#held) {
      gauge.set(held[name]);
    }
  }
}

/** A counter whose value is kept elsewhere. */
function counter(registers: Registry[], name: string, help: string, value: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(value());
    },
  });
}

function labelled(
  registers: Registry[],
  name: string,
  help: string,
  label: string,
  values: ReadonlyMap<string, number>,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [key, value] of values) {
        this.inc({ [label]: key }, value);
      }
    },
  });
}
