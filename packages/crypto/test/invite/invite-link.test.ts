import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  base64UrlDecode,
  base64UrlEncode,
  canonicalOrigin,
  encodeInvite,
  isLoopbackOrigin,
  parseInvite,
  Secret,
} from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('invite link');

function invite(relay: string) {
  return { relay, secret: new Secret<'invite'>(random(32)), identityKey: random(32) };
}

describe('invite link', () => {
  test.each([
    'wss://relay.example',
    'wss://relay.example:8443',
    'ws://127.0.0.1:8787',
    'ws://[::1]:8787',
    'wss://xn--bcher-kva.example',
  ])('keeps all three parts: %s', (relay) => {
    const original = invite(relay);
    const parsed = parseInvite(`  ${encodeInvite(original)}\n`);
    expect(parsed.relay).toBe(relay);
    expect(parsed.secret.expose()).toEqual(original.secret.expose());
    expect(parsed.identityKey).toEqual(original.identityKey);
  });

  test('holds only characters that need no quoting in a shell', () => {
    for (const relay of ['wss://relay.example', 'ws://[::1]:8787']) {
      expect(encodeInvite(invite(relay))).toMatch(/^secret-chat:wss?:\/\/[A-Za-z0-9.:%-]+#[A-Za-z0-9_-]{92}$/);
    }
  });

  test('the secret is in the fragment alone', () => {
    const original = invite('wss://relay.example');
    const link = new URL(encodeInvite(original));
    expect(link.protocol).toBe('secret-chat:');
    expect(base64UrlDecode(link.hash.slice(1))?.subarray(1, 33)).toEqual(original.secret.expose());
    expect(link.href.replace(link.hash, '')).toBe('secret-chat:wss://relay.example');
  });

  test('a changed character is told as mistyped', () => {
    const link = encodeInvite(invite('wss://relay.example'));
    const start = link.indexOf('#') + 3;
    fc.assert(
      fc.property(fc.integer({ min: start, max: link.length - 1 }), fc.constantFrom(...'AZaz09-_'), (at, character) => {
        fc.pre(link[at] !== character);
        expectCode('MALFORMED', () => parseInvite(link.slice(0, at) + character + link.slice(at + 1)));
      }),
    );
    expectCode('MALFORMED', () => parseInvite(link.replace('relay.example', 'evil.example')));
  });

  test('a cut link, a foreign one and a later version are told apart', () => {
    const link = encodeInvite(invite('wss://relay.example'));
    for (let length = 0; length < link.length; length++) {
      expectCode('MALFORMED', () => parseInvite(link.slice(0, length)));
    }
    expectCode('MALFORMED', () => parseInvite(`${link}AAAA`));
    expectCode('MALFORMED', () => parseInvite(link.replace('secret-chat:', 'https:')));
    expectCode('MALFORMED', () => parseInvite(link.replace('wss://relay.example', 'https://relay.example')));
    const payload = base64UrlDecode(link.slice(link.indexOf('#') + 1)) as Uint8Array;
    payload[0] = 2;
    expectCode('UNSUPPORTED_VERSION', () => parseInvite(`secret-chat:wss://relay.example#${base64UrlEncode(payload)}`));
  });

  test('wrong sizes and relays are refused when a link is made', () => {
    const good = invite('wss://relay.example');
    expectCode('INVALID_ARGUMENT', () => encodeInvite({ ...good, secret: new Secret(new Uint8Array(31)) }));
    expectCode('INVALID_ARGUMENT', () => encodeInvite({ ...good, identityKey: new Uint8Array(33) }));
    expectCode('INVALID_ARGUMENT', () => encodeInvite({ ...good, relay: 'https://relay.example' }));
  });
});

describe('relay origin', () => {
  test('has one canonical form', () => {
    expect(canonicalOrigin('WSS://Relay.Example:443/')).toBe('wss://relay.example');
    expect(canonicalOrigin('ws://127.1:80')).toBe('ws://127.0.0.1');
  });

  test.each([
    '',
    'relay.example',
    'https://relay.example',
    'wss://',
    'wss://relay.example/path',
    'wss://relay.example?x=1',
    'wss://relay.example#x',
    'wss://user@relay.example',
    'wss://user:password@relay.example',
    `wss://${'a'.repeat(300)}.example`,
  ])('refuses %s', (origin) => expectCode('INVALID_ARGUMENT', () => canonicalOrigin(origin)));

  test.each([
    ['ws://127.0.0.1:8787', true],
    ['ws://127.9.9.9', true],
    ['ws://localhost:1', true],
    ['ws://relay.localhost', true],
    ['ws://[::1]:8787', true],
    ['wss://relay.example', false],
    ['ws://128.0.0.1', false],
    ['wss://127.0.0.1.example', false],
  ])('loopback: %s is %s', (origin, loopback) => expect(isLoopbackOrigin(origin)).toBe(loopback));
});
