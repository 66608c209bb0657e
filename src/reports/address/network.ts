import { isIP } from 'node:net';

/** The address or network that a text means, as Postgres reads it: 203.0.113.9, 203.0.113.0/24, 2001:db8::/32; or undefined. */
export function readNetwork(text: string): string | undefined {
  const [address = '', bits, ...more] = text.trim().split('/');
  const version = isIP(address);
  // Postgres knows no zones, such as that of fe80::1%eth0.
  if (version === 0 || address.includes('%') || more.length > 0) return undefined;
  if (bits === undefined) return address;
  const isLength = /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  return isLength ? `${address}/${Number(bits)}` : undefined;
}
