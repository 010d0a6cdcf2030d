import { describe, expect, test } from 'vitest';
import { isLoopbackHost, networkOf, TrustedProxies } from '../../src/server/network.ts';

describe('networks', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:0004::', '1:2:3:4::/64'],
    ['', 'unknown'],
    ['unix', 'unknown'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example', false],
    ['192.168.0.1', false],
  ])('%s only for this machine: %s', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected);
  });
});

describe('trusted proxies', () => {
  const proxies = new TrustedProxies(['loopback', '10.0.0.0/8', '2001:db8::7']);

  test.each([
    ['a stranger is believed nothing', '198.51.100.1', '192.0.2.1', '198.51.100.1'],
    ['a proxy is', '127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['in IPv4 over IPv6 too', '::ffff:127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['a chain of proxies', '127.0.0.1', '192.0.2.1, 10.1.2.3, 2001:db8::7', '192.0.2.1'],
    ['what stands before a stranger is not', '127.0.0.1', '10.9.9.9, 1.1.1.1, 192.0.2.1', '192.0.2.1'],
    ['IPv6 in brackets', '127.0.0.1', '[2001:db8::9]', '2001:db8::9'],
    ['a port', '127.0.0.1', '192.0.2.1:567', '192.0.2.1'],
    ['IPv6 with a port', '127.0.0.1', '[2001:db8::9]:567', '2001:db8::9'],
    ['IPv6 without brackets has no port', '127.0.0.1', '2001:db8::9:567', '2001:db8::9:567'],
    ['a chain of proxies with ports', '127.0.0.1', '192.0.2.1:1,10.1.2.3:80 , [2001:db8::7]:443', '192.0.2.1'],
    ['a port on what a stranger wrote', '127.0.0.1', '1.1.1.1:5, 192.0.2.1:567', '192.0.2.1'],
    ['no port after the colon', '127.0.0.1', '192.0.2.1:', '127.0.0.1'],
    ['a name with a port', '127.0.0.1', 'example.org:567', '127.0.0.1'],
    ['an IPv4 address of too many parts', '127.0.0.1', '192.0.2.1.7:567', '127.0.0.1'],
    ['text in brackets', '127.0.0.1', '[unknown]:567', '127.0.0.1'],
    ['brackets that do not end', '127.0.0.1', '[2001:db8::9:567', '127.0.0.1'],
    ['no header', '127.0.0.1', undefined, '127.0.0.1'],
    ['garbage', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['garbage behind a proxy', '127.0.0.1', 'x, 10.1.1.1', '10.1.1.1'],
    ['nothing but proxies', '127.0.0.1', '10.1.1.1', '10.1.1.1'],
  ])('%s', (_, peer, header, expected) => {
    expect(proxies.clientAddress(peer, header)).toBe(expected);
  });

  test.each(['', 'example.org', '10.0.0.0/33', '10.0.0.0/x', '1.2.3'])('%j is refused', (address) => {
    expect(() => new TrustedProxies([address])).toThrow(/trusted proxy/);
  });
});
