/** What programs say to Postgres: a proxy that reads the statements out of the protocol, whoever sends them. */
import { startDatabaseProxy } from './database-proxy.ts';

/** The statements that passed, each once. */
export type StatementWitness = {
  /** The database's url, through the witness. */
  readonly url: string;
  readonly statements: () => readonly string[];
  readonly close: () => Promise<void>;
};

/** Starts a witness in front of a database. */
export async function startStatementWitness(target: string): Promise<StatementWitness> {
  const seen = new Set<string>();
  const proxy = await startDatabaseProxy(target, undefined, () => createReader(seen));
  return { url: proxy.url, statements: () => [...seen], close: () => proxy.close() };
}

/** Reads what one client sends: messages of the protocol, which may come in pieces. */
function createReader(seen: Set<string>): (sent: Buffer) => void {
  let rest: Buffer = Buffer.of();
  let hasStarted = false;
  return (sent) => {
    rest = rest.length === 0 ? sent : Buffer.concat([rest, sent]);
    while (rest.length >= 5) {
      // The first message has no letter that says what it is.
      const start = hasStarted ? 1 : 0;
      const length = start + rest.readInt32BE(start);
      if (rest.length < length) return;
      if (hasStarted) noteStatement(seen, rest.subarray(0, length));
      hasStarted = true;
      rest = rest.subarray(length);
    }
  };
}

function noteStatement(seen: Set<string>, message: Buffer): void {
  const kind = String.fromCharCode(message[0] ?? 0);
  const texts = message.subarray(5).toString('utf8').split('\0');
  // Q: a text of statements. P: the name of a statement, and its text.
  const text = kind === 'Q' ? texts[0] : kind === 'P' ? texts[1] : undefined;
  if (text !== undefined && text.trim() !== '') seen.add(text);
}
