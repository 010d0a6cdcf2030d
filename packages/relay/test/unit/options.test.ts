import { describe, expect, test } from 'vitest';
import { startRelay } from '../../src/index.ts';
import { resolveLimits } from '../../src/server/limits.ts';

describe('options', () => {
  test.each([
    ['all addresses without TLS', { host: '0.0.0.0', origins: ['ws://relay.example'] }, 'INSECURE'],
    ['an address without TLS', { host: '192.0.2.1' }, 'INSECURE'],
    ['all addresses without an origin', { host: '0.0.0.0', allowInsecure: true }, 'INVALID_OPTION'],
    ['an address of another machine', { host: '192.0.2.1', allowInsecure: true }, 'CANNOT_LISTEN'],
    ['a port that is none', { port: 65_536 }, 'INVALID_OPTION'],
    ['a port that is half', { port: 1.5 }, 'INVALID_OPTION'],
    ['an origin of http', { origins: ['https://relay.example'] }, 'INVALID_OPTION'],
    ['an origin with a path', { origins: ['wss://relay.example/x'] }, 'INVALID_OPTION'],
    ['an origin with a password', { origins: ['wss://a:b@relay.example'] }, 'INVALID_OPTION'],
    ['a short token', { token: 'short' }, 'INVALID_OPTION'],
    ['a token with spaces', { token: 'a token with some spaces' }, 'INVALID_OPTION'],
    ['a limit of nothing', { limits: { connections: 0 } }, 'INVALID_OPTION'],
    ['a limit that is half', { limits: { connections: 1.5 } }, 'INVALID_OPTION'],
    ['a share above all', { limits: { pieceShare: 1.5 } }, 'INVALID_OPTION'],
    ['an endless timer', { limits: { purgeSeconds: 1e9 } }, 'INVALID_OPTION'],
    ['a backlog below what is pushed', { limits: { backlogBytes: 1_048_576 } }, 'INVALID_OPTION'],
    ['a backlog above all', { limits: { backlogBytesInAll: 1_048_576 } }, 'INVALID_OPTION'],
    ['an unknown limit', { limits: { speed: 1 } as object }, 'INVALID_OPTION'],
    ['a proxy that is none', { trustedProxies: ['proxy'] }, 'INVALID_OPTION'],
    ['a broken certificate', { tls: { cert: 'x', key: 'y' } }, 'INVALID_OPTION'],
  ])('%s: %s', async (_, options, code) => {
    await expect(startRelay(options)).rejects.toMatchObject({ name: 'RelayStartError', code });
  });

  test('a port in use, also for the metrics', async () => {
    const relay = await startRelay();
    await expect(startRelay({ port: relay.port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    await expect(startRelay({ metricsPort: relay.port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    await relay.close();
    const again = await startRelay({ port: relay.port });
    expect(again.url).toBe(relay.url);
    await again.close();
    await again.close();
  });

  test('limits that are not given have their default', () => {
    expect(resolveLimits({ connections: 7 })).toMatchObject({ connections: 7, envelopesInFlight: 64 });
  });
});
