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
