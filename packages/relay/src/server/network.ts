/**
 * From which network a connection comes: what rates and counts of connections are limited by.
 *
 * Spec: docs/protocol/relay.md §8.4.
 *
 * @module
 */

import { BlockList, isIP, isIPv4 } from 'node:net';
import { RelayStartError } from '../errors.ts';

/** IPv6 networks are handed out as /64: four groups of sixteen bits. */
const NETWORK_GROUPS = 4;
const IPV6_GROUPS = 8;

/** An IPv4 address as it is; of an IPv6 address its /64; what is neither, under one name. */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, '');
  if (isIPv4(bare)) {
    return bare;
  }
  if (isIP(bare) === 0) {
    return 'unknown';
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  return mapped ?? `${ipv6Groups(bare).slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** True for a host name or address that only this machine can reach. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

/** Reverse proxies in front of the relay, whose `X-Forwarded-For` is believed. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  /**
   * @param addresses `loopback`, an address, or a network as `address/prefix`
   * @throws {@link RelayStartError} `INVALID_OPTION`
   */
  constructor(addresses: readonly string[]) {
    this.#any = addresses.length > 0;
    for (const address of addresses) {
      this.#add(address);
    }
  }

  /**
   * The address of the client: the last of `X-Forwarded-For` that is not one of the proxies. Whatever stands before it
   * was written by the client itself.
   */
  clientAddress(peer: string, forwardedFor: string | undefined): string {
    let address = peer;
    if (!this.#any || forwardedFor === undefined) {
      return address;
    }
    const hops = forwardedFor.split(',').map(hopAddress);
    while (this.isTrusted(address) && hops.length > 0) {
      const hop = hops.pop() as string;
      if (isIP(hop) === 0) {
        break;
      }
      address = hop;
    }
    return address;
  }

  isTrusted(address: string): boolean {
    const bare = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(bare) !== 0 && this.#list.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6');
  }

  #add(text: string): void {
    if (text === 'loopback') {
      this.#list.addSubnet('127.0.0.0', 8, 'ipv4');
      this.#list.addAddress('::1', 'ipv6');
      return;
    }
    const [address = '', prefix] = text.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix);
    try {
      this.#list.addSubnet(address, bits, family);
    } catch {
      throw new RelayStartError(
        'INVALID_OPTION',
        'a trusted proxy is written as an address, address/prefix, or loopback',
      );
    }
  }
}

/** Some proxies write the port too, and IPv6 in brackets then, as in the nodes of RFC 7239 §6. */
function hopAddress(text: string): string {
  const [, inBrackets, ipv4] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(text.trim()) ?? [];
  return inBrackets ?? ipv4 ?? text.trim();
}

function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array<string>(IPV6_GROUPS - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right];
}

/** `1:2:1.2.3.4` has an IPv4 address in place of the last two groups. */
function groups(text: string): string[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      if (!group.includes('.')) {
        return [Number.parseInt(group, 16).toString(16)];
      }
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
      return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
    });
}
