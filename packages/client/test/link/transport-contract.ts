/** What every transport over a real network promises (src/link/transport.ts), against servers that behave badly. */

import { createHash } from 'node:crypto';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { MAX_FRAME_SIZE, SUBPROTOCOL } from '@secret-chat/wire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Socket, Transport } from '../../src/link/transport.ts';
import { bytes } from './rig.ts';

/** RFC 6455 §1.3 */
const HANDSHAKE_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What happened on a socket, in order. */
class SocketLog {
  readonly happened: string[] = [];
  readonly messages: Uint8Array[] = [];
  reason = '';
  socket: Socket;
  #waiting: (() => void)[] = [];

  constructor(transport: Transport, origin: string) {
    this.socket = transport.connect(origin, SUBPROTOCOL, {
      open: () => this.#note('open'),
      message: (message) => {
        this.messages.push(message);
        this.#note('message');
      },
      close: (reason) => {
        this.reason = reason;
        this.#note('close');
      },
    });
  }

  async until(event: 'open' | 'message' | 'close', count = 1): Promise<void> {
    while (this.happened.filter((happened) => happened === event).length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #note(event: string): void {
    this.happened.push(event);
    for (const wake of this.#waiting.splice(0)) {
      wake();
    }
  }
}

async function listen(server: net.Server): Promise<string> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A WebSocket server; `serve` gets each connection. */
function serverOf(
  serve: (webSocket: WebSocket, offered: ReadonlySet<string>) => void,
  chosen: string | false = SUBPROTOCOL,
) {
  const server = http.createServer();
  let offered: ReadonlySet<string> = new Set();
  const webSockets = new WebSocketServer({
    server,
    handleProtocols: (protocols) => {
      offered = protocols;
      return chosen;
    },
  });
  webSockets.on('connection', (webSocket) => {
    webSocket.on('error', () => {});
    serve(webSocket, offered);
  });
  return listen(server);
}

/** Takes the upgrade, and then reads and writes as a test says: no WebSocket at all. */
function rawServer(serve: (socket: net.Socket) => void, headers: readonly string[] = []): Promise<string> {
  const server = net.createServer((socket) => {
    let head = '';
    const read = (data: Buffer) => {
      head += data.toString('latin1');
      const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1];
      if (head.includes('\r\n\r\n') && key !== undefined) {
        socket.off('data', read);
        const accept = createHash('sha1').update(`${key}${HANDSHAKE_ID}`).digest('base64');
        socket.write(
          [
            'HTTP/1.1 101 Switching Protocols',
            'Upgrade: websocket',
            'Connection: Upgrade',
            `Sec-WebSocket-Accept: ${accept}`,
            `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
            ...headers,
            '\r\n',
          ].join('\r\n'),
        );
        serve(socket);
      }
    };
    socket.on('data', read);
  });
  return listen(server);
}

export function transportContract(name: string, transport: () => Transport): void {
  describe(`${name}: a transport`, () => {
    test('opens, passes binary messages both ways in order, and closes once', async () => {
      const received: Buffer[] = [];
      let offered: readonly string[] = [];
      const origin = await serverOf((webSocket, protocols) => {
        offered = [...protocols];
        webSocket.on('message', (data: Buffer, isBinary) => {
          expect(isBinary).toBe(true);
          received.push(data);
          webSocket.send(data);
        });
      });
      const log = new SocketLog(transport(), origin);
      await log.until('open');
      const sent = [0, 1, 4096, 16_384, MAX_FRAME_SIZE].map((size) => bytes(size));
      for (const message of sent) {
        log.socket.send(message);
      }
      await log.until('message', sent.length);
      expect(log.messages).toEqual(sent);
      expect(log.messages.every((message) => message.constructor === Uint8Array)).toBe(true);
      expect(offered).toEqual([SUBPROTOCOL]);
      log.socket.close();
      log.socket.close();
      await log.until('close');
      expect(log.happened).toEqual(['open', ...sent.map(() => 'message'), 'close']);
      log.socket.send(bytes(1));
      log.socket.close();
    });

    test('passes on what was sent before it is closed', async () => {
      let count = 0;
      let told: () => void = () => {};
      const closed = new Promise<void>((resolve) => {
        told = resolve;
      });
      const origin = await serverOf((webSocket) => {
        webSocket.on('message', () => count++);
        webSocket.on('close', told);
      });
      const log = new SocketLog(transport(), origin);
      await log.until('open');
      for (let i = 0; i < 100; i++) {
        log.socket.send(bytes(4096));
      }
      log.socket.close();
      await Promise.all([closed, log.until('close')]);
      expect(count).toBe(100);
    });

    test('takes a message that comes in fragments', async () => {
      const origin = await serverOf((webSocket) => {
        webSocket.send(Buffer.from('ab'), { binary: true, fin: false });
        webSocket.send(Buffer.from('cd'), { binary: true, fin: true });
      });
      const log = new SocketLog(transport(), origin);
      await log.until('message');
      expect(Buffer.from(log.messages[0] as Uint8Array).toString()).toBe('abcd');
      log.socket.close();
      await log.until('close');
    });

    test('tells of nothing after this side has closed', async () => {
      const origin = await serverOf((webSocket) => {
        webSocket.on('close', () => {});
        const flood = setInterval(() => webSocket.send(bytes(10), () => {}), 1);
        webSocket.on('close', () => clearInterval(flood));
      });
      const log = new SocketLog(transport(), origin);
      await log.until('message', 3);
      log.socket.close();
      const told = log.messages.length;
      await log.until('close');
      expect(log.messages).toHaveLength(told);
      expect(log.happened.at(-1)).toBe('close');
    });

    test('closes for a text message, and tells nothing of it', async () => {
      const codes: number[] = [];
      const origin = await serverOf((webSocket) => {
        webSocket.on('close', (code) => codes.push(code));
        webSocket.send('text');
        webSocket.send(bytes(10));
      });
      const log = new SocketLog(transport(), origin);
      await log.until('close');
      expect(log.happened).toEqual(['open', 'close']);
      expect(log.reason).toMatch(/text/);
    });

    test('closes for a message that is too large', async () => {
      const origin = await serverOf((webSocket) => {
        webSocket.send(bytes(MAX_FRAME_SIZE + 1));
        webSocket.send(bytes(10));
      });
      const log = new SocketLog(transport(), origin);
      await log.until('close');
      expect(log.happened).toEqual(['open', 'close']);
      expect(log.reason).not.toBe('');
    });

    test('tells of the end by the other side, with its code', async () => {
      const origin = await serverOf((webSocket) => {
        webSocket.send(bytes(3));
        webSocket.close(1001, 'never shown');
      });
      const log = new SocketLog(transport(), origin);
      await log.until('close');
      expect(log.happened).toEqual(['open', 'message', 'close']);
      expect(log.reason).toBe('the connection ended (1001)');
    });

    test('tells of an end without a word', async () => {
      const origin = await serverOf((webSocket) => webSocket.terminate());
      const log = new SocketLog(transport(), origin);
      await log.until('close');
      expect(log.happened.filter((event) => event === 'close')).toHaveLength(1);
      expect(log.messages).toEqual([]);
    });

    test.each([
      ['does not choose the subprotocol', false],
      ['chooses another one', 'other'],
    ] as const)('refuses a server that %s', async (_name, chosen) => {
      const origin = await serverOf((webSocket) => webSocket.send(bytes(3)), chosen);
      const log = new SocketLog(transport(), origin);
      await log.until('close');
      expect(log.happened).toEqual(['close']);
    });

    test('tells why a server cannot be reached, without naming it', async () => {
      const origin = await listen(net.createServer());
      const { port } = new URL(origin);
      const gone = new SocketLog(transport(), `ws://127.0.0.1:${port === '1' ? 2 : 1}`);
      await gone.until('close');
      expect(gone.happened).toEqual(['close']);
      expect(gone.reason).not.toMatch(/127/);
      gone.socket.send(bytes(1));
      gone.socket.close();
    });

    test.each([400, 429, 503])('refuses an answer %i', async (status) => {
      const server = http.createServer();
      server.on('upgrade', (_request, socket) =>
        socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`),
      );
      const log = new SocketLog(transport(), await listen(server));
      await log.until('close');
      expect(log.happened).toEqual(['close']);
    });

    test('follows no redirect', async () => {
      let reached = 0;
      const other = await serverOf(() => reached++);
      const server = http.createServer();
      server.on('upgrade', (_request, socket) =>
        socket.end(`HTTP/1.1 302 Found\r\nLocation: ${other}/\r\nContent-Length: 0\r\n\r\n`),
      );
      const log = new SocketLog(transport(), await listen(server));
      await log.until('close');
      expect(log.happened).toEqual(['close']);
      expect(reached).toBe(0);
    });

    test('closes before it has opened', async () => {
      const origin = await listen(net.createServer(() => {}));
      const log = new SocketLog(transport(), origin);
      log.socket.close();
      await log.until('close');
      expect(log.happened).toEqual(['close']);
    });

    test('closes though the other side never answers', async () => {
      const origin = await rawServer(() => {});
      const log = new SocketLog(transport(), origin);
      await log.until('open');
      const started = performance.now();
      log.socket.close();
      await log.until('close');
      expect(log.happened).toEqual(['open', 'close']);
      // Left to themselves, sockets wait for half a minute.
      expect(performance.now() - started).toBeLessThan(15_000);
    });

    test('knows what waits to be sent when the other side does not read', async () => {
      const origin = await rawServer((socket) => socket.pause());
      const log = new SocketLog(transport(), origin);
      await log.until('open');
      expect(log.socket.backlog).toBe(0);
      for (let i = 0; i < 400; i++) {
        log.socket.send(bytes(MAX_FRAME_SIZE));
      }
      expect(log.socket.backlog).toBeGreaterThan(1_000_000);
      log.socket.close();
      await log.until('close');
    });

    test('ends on what is no WebSocket', async () => {
      const origin = await rawServer((socket) => socket.write(bytes(1000).fill(0xff)));
      const log = new SocketLog(transport(), origin);
      await log.until('close');
      expect(log.messages).toEqual([]);
    });
  });
}
