import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The addresses on which a process of this machine listens, such as `127.0.0.1:8080`; for IPv6 as the kernel writes them. */
export function listListeners(pid: number): string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Closed since it was listed.
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, address = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
        const [host = '', port = ''] = address.split(':');
        const isListening = state === '0A' && sockets.has(inode);
        return isListening ? [`${readHost(host)}:${Number.parseInt(port, 16)}`] : [];
      }),
  );
}

/** The kernel writes the four bytes of an IPv4 address as one number of the machine's byte order. */
function readHost(text: string): string {
  if (text.length !== 8) return text;
  return Buffer.from(text, 'hex').toReversed().join('.');
}
