/** IP addresses as Postgres writes them, so that a row is the same before and after it is stored. Pure. */
import { isIP } from 'node:net';

/** An address as `inet` writes it back (RFC 5952); undefined for a text that is not an address, and for one with a zone. */
export function readAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const kind = isIP(value);
  if (kind === 4) return value;
  return kind === 0 || value.includes('%') ? undefined : shorten(listGroups(value));
}

/** The eight groups of an IPv6 address. */
function listGroups(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const before = readGroups(head);
  const after = readGroups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => 0), ...after];
}

function readGroups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** Leaves out the first of the longest runs of two or more zeros. */
function shorten(groups: readonly number[]): string {
  let [start, length] = [0, 1];
  for (let at = 0; at < groups.length; at += 1) {
    let end = at;
    while (groups[end] === 0) end += 1;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const texts = groups.map((group) => group.toString(16));
  if (start === 0 && isMapped(groups, length)) {
    const [high = 0, low = 0] = groups.slice(6);
    const dotted = [high >> 8, high & 255, low >> 8, low & 255].join('.');
    return length === 6 ? `::${dotted}` : `::ffff:${dotted}`;
  }
  if (length === 1) return texts.join(':');
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + length).join(':')}`;
}

/** Whether Postgres writes the last two groups as an IPv4 address. */
function isMapped(groups: readonly number[], zeros: number): boolean {
  return zeros === 6 || (zeros === 5 && groups[5] === 0xffff);
}
