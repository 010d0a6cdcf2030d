/**
 * A bad network between client and relay. It works on frames: each is passed on, late, twice, not at all, or not in order
 * where the protocol allows that; and connections end in the middle. Which of it happens is decided by a seed.
 *
 * Clients dial the proxy, so a relay must be told its origin: `startRelay({ origins: [proxy.origin] })`.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeFrame, replySchemas, SUBPROTOCOL } from '@secret-chat/wire';
import WebSocket, { WebSocketServer } from 'ws';
import { type Chance, seeded } from './seeded.ts';

/** Each a probability for one frame, from 0 to 1, but the delay. */
export interface Faults {
  /** The connection ends here; what is under way may still reach the relay. */
  readonly cut: number;
  /** The frame is lost, and nothing else is: no TCP does that, a relay or a client may. */
  readonly drop: number;
  readonly duplicate: number;
  /** Two answers of the relay change places (§3.2 allows it); other frames keep their order. */
  readonly reorder: number;
  /** Longest time for which a frame holds up those behind it. */
  readonly delayMs: number;
}

const NO_FAULTS: Faults = { cut: 0, drop: 0, duplicate: 0, reorder: 0, delayMs: 0 };

export class ChaosProxy {
  readonly origin: string;
  /** How often each thing happened. */
  readonly happened: { cut: number; drop: number; duplicate: number; reorder: number; passed: number } = {
    cut: 0,
    drop: 0,
    duplicate: 0,
    reorder: 0,
    passed: 0,
  };
  readonly chance: Chance;
  faults: Faults;
  readonly #server: http.Server;
  readonly #pipes = new Set<Pipe>();
  #target: string | undefined;

  private constructor(server: http.Server, seed: number, faults: Partial<Faults>) {
    this.#server = server;
    this.origin = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.chance = seeded(seed);
    this.faults = { ...NO_FAULTS, ...faults };
    server.on('request', (request, response) => this.#forward(request, response));
    const webSockets = new WebSocketServer({
      server,
      perMessageDeflate: false,
      handleProtocols: () => SUBPROTOCOL,
    });
    webSockets.on('connection', (client) => {
      if (this.#target === undefined) {
        client.terminate();
        return;
      }
      const pipe = new Pipe(this, client, this.#target);
      this.#pipes.add(pipe);
      client.on('close', () => this.#pipes.delete(pipe));
    });
  }

  static async start(seed: number, faults: Partial<Faults> = {}): Promise<ChaosProxy> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ChaosProxy(server, seed, faults);
  }

  /** Where connections lead from now on; `undefined`: nowhere. */
  connectTo(target: string | undefined): void {
    this.#target = target;
  }

  /** From now on the network is good; connections stay. */
  heal(): void {
    this.faults = NO_FAULTS;
  }

  /** Ends every connection. */
  cutAll(): void {
    for (const pipe of [...this.#pipes]) {
      pipe.cut();
    }
  }

  async stop(): Promise<void> {
    this.heal();
    this.cutAll();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Pieces go over HTTP, as they are; `cut` ends one in the middle of its answer. */
  #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.#target === undefined) {
      response.destroy();
      return;
    }
    const { method, url, headers } = request;
    const isCut = this.chance() < this.faults.cut;
    const onward = http.request(`${this.#target.replace(/^ws/, 'http')}${url}`, { method: method ?? 'GET', headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (isCut) {
        this.happened.cut++;
        answer.once('data', (block: Buffer) => response.write(block.subarray(0, 1), () => response.destroy()));
        answer.once('end', () => response.destroy());
      } else {
        answer.pipe(response);
      }
    });
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    request.pipe(onward);
  }
}

/** One client's connection and the one to the relay. */
class Pipe {
  readonly #proxy: ChaosProxy;
  readonly #client: WebSocket;
  readonly #relay: WebSocket;
  readonly #up: Lane;
  readonly #down: Lane;

  constructor(proxy: ChaosProxy, client: WebSocket, target: string) {
    this.#proxy = proxy;
    this.#client = client;
    this.#relay = new WebSocket(target, SUBPROTOCOL, { perMessageDeflate: false });
    const cut = () => this.cut();
    this.#up = new Lane(proxy, this.#relay, { cut, canSwap: () => false });
    this.#down = new Lane(proxy, client, { cut, canSwap: areAnswers });
    this.#up.isWaiting = true;
    this.#relay.on('open', () => this.#up.go());
    client.on('message', (data: Buffer, isBinary) => this.#up.push(data, isBinary));
    this.#relay.on('message', (data: Buffer, isBinary) => this.#down.push(data, isBinary));
    client.on('error', () => {});
    this.#relay.on('error', () => {});
    // What was sent before an end arrives before it.
    client.on('close', () => this.#up.end());
    this.#relay.on('close', () => this.#down.end());
  }

  /** The client sees the end at once. What it sent is lost, or arrives when nobody waits for it any more. */
  cut(): void {
    if (this.#proxy.chance() < 0.5) {
      this.#up.lose();
    }
    this.#down.lose();
    this.#client.terminate();
  }
}

interface LaneRules {
  cut(): void;
  /** May `later` go before `earlier`? */
  canSwap(earlier: Buffer, later: Buffer): boolean;
}

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** Frames in one direction. */
class Lane {
  /** The way on is not open yet. */
  isWaiting = false;
  readonly #proxy: ChaosProxy;
  readonly #to: WebSocket;
  readonly #rules: LaneRules;
  #frames: Frame[] = [];
  #isEnding = false;
  #isRunning = false;

  constructor(proxy: ChaosProxy, to: WebSocket, rules: LaneRules) {
    this.#proxy = proxy;
    this.#to = to;
    this.#rules = rules;
  }

  push(data: Buffer, isBinary: boolean): void {
    this.#frames.push({ data, isBinary });
    void this.#run();
  }

  go(): void {
    this.isWaiting = false;
    void this.#run();
  }

  /** Passes on what is there, then the end. */
  end(): void {
    this.#isEnding = true;
    if (this.isWaiting) {
      this.#to.terminate();
    }
    void this.#run();
  }

  lose(): void {
    this.#frames = [];
  }

  async #run(): Promise<void> {
    if (this.#isRunning || this.isWaiting) {
      return;
    }
    this.#isRunning = true;
    const { chance, happened } = this.#proxy;
    for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
      const { faults } = this.#proxy;
      if (faults.delayMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, chance() * faults.delayMs));
      }
      if (!this.#isEnding && chance() < faults.cut) {
        happened.cut++;
        // With those behind it: a frame that arrives follows all that were sent before it.
        this.#frames.unshift(frame);
        this.#rules.cut();
      } else if (chance() < faults.drop) {
        happened.drop++;
      } else {
        this.#pass(frame, chance() < faults.duplicate, chance() < faults.reorder);
      }
    }
    this.#isRunning = false;
    if (this.#isEnding) {
      this.#to.close();
    }
  }

  #pass(frame: Frame, isTwice: boolean, isSwapped: boolean): void {
    const { happened } = this.#proxy;
    const [later] = this.#frames;
    if (isSwapped && later !== undefined && this.#rules.canSwap(frame.data, later.data)) {
      happened.reorder++;
      this.#frames.shift();
      this.#send(later);
    }
    this.#send(frame);
    if (isTwice) {
      happened.duplicate++;
      this.#send(frame);
    }
  }

  #send({ data, isBinary }: Frame): void {
    this.#proxy.happened.passed++;
    if (this.#to.readyState === WebSocket.OPEN) {
      this.#to.send(data, { binary: isBinary }, () => {});
    }
  }
}

function areAnswers(...frames: readonly Buffer[]): boolean {
  return frames.every((data) => {
    try {
      const { op } = decodeFrame(replySchemas, new Uint8Array(data));
      return op === 'ok' || op === 'error';
    } catch {
      return false;
    }
  });
}
