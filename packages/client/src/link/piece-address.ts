/**
 * Addresses of networks that a stranger's word must not make this device ask.
 *
 * Registries: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).
 *
 * @module
 */

/** First address and length of the prefix of each block that is not of the public internet. */
const PRIVATE_V4: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** Groups of an IPv6 address, and those that hold an IPv4 address in it. */
const GROUPS = 8;
const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** True for an address that is not of the public internet, and for what is no address. */
export function isPrivateAddress(address: string): boolean {
  const v4 = parseV4(address);
  return v4 === undefined ? isPrivateV6(address) : isPrivateV4(v4);
}

/** As far as a name shows: addresses, and names that no public server has. Others are looked at once they are resolved. */
export function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  if (bare.includes(':') || parseV4(bare) !== undefined) {
    return isPrivateAddress(bare);
  }
  return bare === 'localhost' || !bare.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(bare);
}

function isPrivateV4(address: number): boolean {
  return PRIVATE_V4.some(([first, prefix]) => {
    const size = 2 ** (32 - prefix);
    const start = parseV4(first) as number;
    return address >= start && address < start + size;
  });
}

/** Public are 2000::/3, but for documentation and addresses that hold a private IPv4 one; and NAT64 of a public one. */
function isPrivateV6(address: string): boolean {
  const groups = parseV6(address);
  if (groups === undefined) {
    return true;
  }
  const [a = 0, b = 0, c = 0] = groups;
  const last = (groups[6] as number) * 0x1_0000 + (groups[7] as number);
  if (a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) {
    return isPrivateV4(last);
  }
  if (a === 0x2002) {
    return isPrivateV4(b * 0x1_0000 + c);
  }
  // 2001::/23 holds Teredo and other special purposes.
  const isSpecial = (a === 0x2001 && (b < 0x200 || b === 0xdb8)) || (a === 0x3fff && b < 0x1000);
  return isSpecial || a < 0x2000 || a > 0x3fff;
}

function parseV4(text: string): number | undefined {
  const parts = V4.exec(text)?.slice(1).map(Number);
  return parts?.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}

function parseV6(text: string): readonly number[] | undefined {
  const [bare = ''] = text.split('%');
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  const v4 = dotted === null ? undefined : parseV4(dotted[2] as string);
  if (dotted !== null && v4 === undefined) {
    return undefined;
  }
  const plain = v4 === undefined ? bare : `${dotted?.[1]}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  const halves = plain.split('::');
  if (halves.length > 2) {
    return undefined;
  }
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const known = [...(head ?? []), ...(tail ?? [])];
  const missing = GROUPS - known.length;
  if (!known.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) || (halves.length === 2 ? missing < 1 : missing !== 0)) {
    return undefined;
  }
  const zeros = new Array<string>(halves.length === 2 ? missing : 0).fill('0');
  return [...(head ?? []), ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}
