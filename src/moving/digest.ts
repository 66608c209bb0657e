/** A sum over rows in the text form of COPY, which does not depend on their order. Pure. */
import { hash } from 'node:crypto';

/** How many rows there were, and the sum over the hashes of all. */
type Digest = { readonly rows: number; readonly sum: Buffer };

/** Adds up rows as they pass. */
type Summing = {
  /** Passes the bytes on, and adds up their rows. */
  readonly pass: (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer, void, undefined>;
  readonly digest: () => Digest;
};

const lineBreak = 10;
const lanes = 8;

/**
 * Adds up the rows of one text. Rows that are `known` are counted and not passed on: they are there already.
 *
 * @param known the hashes of rows, in hexadecimal
 */
export function createSumming(known: ReadonlySet<string> = new Set()): Summing {
  const sum = new Uint32Array(lanes);
  let rows = 0;
  /** @returns whether the row is new */
  const add = (line: Buffer): boolean => {
    const hashed = hash('sha256', line, 'buffer');
    // Each lane grows modulo 2^32.
    for (let lane = 0; lane < lanes; lane += 1)
      sum[lane] = (sum[lane] ?? 0) + hashed.readUInt32LE(lane * 4);
    rows += 1;
    return known.size === 0 || !known.has(hashed.toString('hex'));
  };
  return {
    async *pass(chunks) {
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of chunks) {
        const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        let start = 0;
        const passed: Buffer[] = [];
        // A row has no line break in it: COPY writes "\n" for one.
        for (let end = text.indexOf(lineBreak); end !== -1; end = text.indexOf(lineBreak, start)) {
          const line = text.subarray(start, end + 1);
          if (add(line)) passed.push(line);
          start = end + 1;
        }
        rest = text.subarray(start);
        if (passed.length > 0) yield Buffer.concat(passed);
      }
    },
    digest: () => ({ rows, sum: Buffer.from(sum.buffer.slice(0)) }),
  };
}

/** The hashes of all rows of a text, as `createSumming` knows them. */
export async function hashRows(chunks: AsyncIterable<Buffer>): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const text = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = text.indexOf(lineBreak); end !== -1; end = text.indexOf(lineBreak, start)) {
      hashes.add(hash('sha256', text.subarray(start, end + 1), 'hex'));
      start = end + 1;
    }
    rest = text.subarray(start);
  }
  return hashes;
}
