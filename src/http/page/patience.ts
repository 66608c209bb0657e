/** How often an address may try tokens: whoever guesses is slowed down, and nobody else waits for it. Pure but for its memory. */

/** So many wrong tokens are no guessing yet. */
const freeTries = 10;
/** After them one try is free again each time this has passed. */
const everyMs = 6000;
/** Those that tried longest ago are forgotten. */
const mostPeers = 2000;

type Patience = {
  /** The seconds until this peer may try again; 0: now. */
  readonly waitOf: (peer: string, nowMs: number) => number;
  /** Notes that it tried a wrong token. */
  readonly note: (peer: string, nowMs: number) => void;
};

export function createPatience(): Patience {
  /** When all tries of a peer are free again: each wrong one moves it further. */
  const freeAt = new Map<string, number>();
  return {
    waitOf(peer, nowMs) {
      const until = (freeAt.get(nameNetwork(peer)) ?? 0) - (freeTries - 1) * everyMs;
      return Math.max(0, Math.ceil((until - nowMs) / 1000));
    },
    note(peer, nowMs) {
      const name = nameNetwork(peer);
      const next = Math.max(freeAt.get(name) ?? 0, nowMs) + everyMs;
      freeAt.delete(name);
      if (freeAt.size >= mostPeers)
        for (const oldest of freeAt.keys()) {
          freeAt.delete(oldest);
          break;
        }
      freeAt.set(name, next);
    },
  };
}

/** Somebody with IPv6 has the addresses of a whole network. */
function nameNetwork(peer: string): string {
  if (!peer.includes(':') || peer.startsWith('::ffff:')) return peer;
  const [head = '', tail = ''] = peer.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const rest = tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
