import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../src/bytes.ts';
import {
  base64UrlDecode,
  base64UrlEncode,
  canonicalOrigin,
  encodeInvite,
  isLoopbackOrigin,
  parseInvite,
  Secret,
  sha256,
} from '../../src/index.ts';
import { LABEL } from '../../src/labels.ts';
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
    const start = link.indexOf('#') + 1;
    fc.assert(
      fc.property(fc.integer({ min: start, max: link.length - 1 }), fc.constantFrom(...'AZaz09-_'), (at, character) => {
        fc.pre(link[at] !== character);
        expectCode('MALFORMED', () => parseInvite(link.slice(0, at) + character + link.slice(at + 1)));
      }),
    );
    expectCode('MALFORMED', () => parseInvite(link.replace('relay.example', 'evil.example')));
  });

  test('an invite has one spelling', () => {
    const link = encodeInvite(invite('wss://relay.example'));
    const payload = link.slice(link.indexOf('#'));
    expect(parseInvite(`SECRET-CHAT:wss://relay.example${payload}`).relay).toBe('wss://relay.example');
    for (const relay of [
      'wss://%72elay.example',
      'wss://relay.example/',
      'WSS://relay.example',
      'wss:relay.example',
      'wss://@relay.example',
      'wss://relay.exa\tmple',
      'wss://relay.example:443',
    ]) {
      expectCode('MALFORMED', () => parseInvite(`secret-chat:${relay}${payload}`));
    }
  });

  test('a cut link, a foreign one and a later version are told apart', () => {
    const link = encodeInvite(invite('wss://relay.example'));
    for (let length = 0; length < link.length; length++) {
      expectCode('MALFORMED', () => parseInvite(link.slice(0, length)));
    }
    expectCode('MALFORMED', () => parseInvite(`${link}AAAA`));
    expectCode('MALFORMED', () => parseInvite(link.replace('secret-chat:', 'https:')));
    expectCode('MALFORMED', () => parseInvite(link.replace('wss://relay.example', 'https://relay.example')));
    const parse = (payload: Uint8Array) => parseInvite(`secret-chat:wss://relay.example#${base64UrlEncode(payload)}`);
    const payload = base64UrlDecode(link.slice(link.indexOf('#') + 1)) as Uint8Array;
    expectCode('MALFORMED', () => parse(payload.with(0, 2)));
    expectCode('UNSUPPORTED_VERSION', () => parse(payload.with(0, 2).slice(1)));
    const later = payload.with(0, 2).slice(0, 65);
    const checksum = sha256(concat(LABEL.inviteChecksum, later, utf8('wss://relay.example'))).slice(0, 4);
    expectCode('UNSUPPORTED_VERSION', () => parse(concat(later, checksum)));
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
    `wss://${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(60)}`,
    'wss://a$(id)b.example',
    'wss://a;b.example',
    "wss://a'b.example",
    'wss://a&b.example',
    'wss://relay.example.',
    'wss://.example',
    'wss://relay..example',
  ])('refuses %s', (origin) => expectCode('INVALID_ARGUMENT', () => canonicalOrigin(origin)));

  test.each([
    ['ws://127.0.0.1:8787', true],
    ['ws://127.9.9.9', true],
    ['ws://localhost:1', true],
    ['ws://relay.localhost', false],
    ['ws://[::1]:8787', true],
    ['ws://[::ffff:127.0.0.1]', true],
    ['ws://0.0.0.0:80', true],
    ['ws://[::]', true],
    ['wss://relay.example', false],
    ['ws://128.0.0.1', false],
    ['wss://127.0.0.1.example', false],
  ])('loopback: %s is %s', (origin, loopback) => expect(isLoopbackOrigin(origin)).toBe(loopback));

  test('what is no origin is refused', () => expectCode('INVALID_ARGUMENT', () => isLoopbackOrigin('localhost')));
});
