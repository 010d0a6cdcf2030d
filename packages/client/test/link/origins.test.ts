import { describe, expect, test } from 'vitest';
import { ClientError } from '../../src/errors.ts';
import { createRelayLinks } from '../../src/link/relay-links.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { LinkedTransport } from '../support/linked-transport.ts';
import { seededBytes } from '../support/seeded.ts';

const options = { transport: new LinkedTransport({}), effects: { clock: new FakeClock(), random: seededBytes(1) } };

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ClientError);
    return (error as ClientError).code;
  }
}

describe('origins', () => {
  test('there is one link for each', () => {
    const links = createRelayLinks(options);
    expect(links.get('wss://a.test')).toBe(links.get('wss://a.test'));
    expect(links.get('wss://a.test')).not.toBe(links.get('wss://a.test:8443'));
    expect(links.get('wss://a.test').origin).toBe('wss://a.test');
  });

  test.each(['ws://127.0.0.1:8787', 'ws://localhost:8787', 'ws://[::1]:8787'])('%s needs no TLS', (origin) => {
    expect(codeOf(() => createRelayLinks(options).get(origin))).toBeUndefined();
  });

  test.each(['ws://relay.test', 'ws://10.0.0.1', 'ws://127.0.0.1.relay.test', 'ws://relay.localhost'])(
    '%s does, unless it is allowed explicitly',
    (origin) => {
      expect(codeOf(() => createRelayLinks(options).get(origin))).toBe('INVALID_ARGUMENT');
      expect(() => createRelayLinks(options).get(origin)).toThrow(/TLS/);
      expect(codeOf(() => createRelayLinks({ ...options, allowsInsecure: true }).get(origin))).toBeUndefined();
    },
  );

  test.each(['', 'relay.test', 'WSS://relay.test', 'wss://relay.test/', 'wss://relay.test:443', 'https://relay.test'])(
    '%j is none in canonical form',
    (origin) => {
      expect(codeOf(() => createRelayLinks({ ...options, allowsInsecure: true }).get(origin))).toBe('INVALID_ARGUMENT');
      const token = { origin, token: 'x' };
      expect(codeOf(() => createRelayLinks({ ...options, token }))).toBe('INVALID_ARGUMENT');
    },
  );

  test.each(['', 'x'.repeat(257)])('a token of another size is refused', (token) => {
    expect(codeOf(() => createRelayLinks({ ...options, token: { origin: 'wss://a.test', token } }))).toBe(
      'INVALID_ARGUMENT',
    );
  });
});
