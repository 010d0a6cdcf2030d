import { SUBPROTOCOL } from '@secret-chat/wire';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { type PlatformWebSocket, webSocketTransport } from '../../src/link/web-socket-transport.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { transportContract } from './transport-contract.ts';

type PlatformClass = new (url: string, subprotocol: string) => PlatformWebSocket;

transportContract('ws', wsTransport);

// Node has a global one from version 22 on; the class of `ws` behaves like a browser's.
transportContract('WebSocket of ws', () => webSocketTransport({ webSocket: WebSocket as unknown as PlatformClass }));
if (globalThis.WebSocket !== undefined) {
  transportContract('WebSocket of the platform', () => webSocketTransport());
}

test('a platform that lets another subprotocol pass is not believed', () => {
  const happened: string[] = [];
  const listeners = new Map<string, (event: { data?: unknown; code?: number }) => void>();
  class Lenient implements PlatformWebSocket {
    binaryType = 'blob';
    readonly protocol = '';
    readonly readyState = 1;
    readonly bufferedAmount = 0;
    send(): void {
      happened.push('sent');
    }
    close(code: number): void {
      happened.push(`closed ${code}`);
    }
    addEventListener(type: string, listener: (event: { data?: unknown; code?: number }) => void): void {
      listeners.set(type, listener);
    }
  }
  const socket = webSocketTransport({ webSocket: Lenient }).connect('wss://relay.test', SUBPROTOCOL, {
    open: () => happened.push('open'),
    message: () => happened.push('message'),
    close: (reason) => happened.push(reason),
  });
  listeners.get('open')?.({});
  listeners.get('message')?.({ data: new ArrayBuffer(3) });
  socket.send(new Uint8Array(1));
  listeners.get('close')?.({ code: 1005 });
  listeners.get('close')?.({ code: 1005 });
  expect(happened).toEqual(['closed 1000', 'the other side speaks another protocol']);
});

/** What is told of a socket that could not be opened, while the test fires its events. */
function failedSocket() {
  const clock = new FakeClock();
  const reasons: string[] = [];
  const listeners = new Map<string, (event: { data?: unknown; code?: number }) => void>();
  class Failed implements PlatformWebSocket {
    binaryType = 'blob';
    readonly protocol = '';
    readonly readyState = 3;
    readonly bufferedAmount = 0;
    send(): void {}
    close(): void {}
    addEventListener(type: string, listener: (event: { data?: unknown; code?: number }) => void): void {
      listeners.set(type, listener);
    }
  }
  const events = { open() {}, message() {}, close: (reason: string) => reasons.push(reason) };
  webSocketTransport({ webSocket: Failed, clock }).connect('wss://relay.test', SUBPROTOCOL, events);
  return { clock, reasons, fire: (type: string, code = 0) => listeners.get(type)?.({ code }) };
}

// Chromium fires `error` and nothing else where the Content Security Policy of the page forbids the connection.
test('a socket that fails without a `close` has ended nevertheless, at once', async () => {
  const { clock, reasons, fire } = failedSocket();
  fire('error');
  await clock.advance(0);
  expect(reasons).toEqual(['the platform refused the connection']);
  expect(clock.timers).toBe(0);
});

test('a socket that fails with a `close` tells its code, once', async () => {
  const { clock, reasons, fire } = failedSocket();
  fire('error');
  fire('close', 1006);
  expect(reasons).toEqual(['the connection ended (1006)']);
  await clock.advance(10_000);
  expect(reasons).toHaveLength(1);
  expect(clock.timers).toBe(0);
});
