import { SUBPROTOCOL } from '@secret-chat/wire';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { type PlatformWebSocket, webSocketTransport } from '../../src/link/web-socket-transport.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
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
