/** What is counted and hashed of the rows of an object while they come as lines. */
import { canonicalJson } from '../evidence/canonical-json.ts';
import { hashBytes, hashPackedTree } from '../evidence/forms/merkle.ts';
import { escapeText, hashRowBytes, layOut, unescapeText } from '../evidence/row-leaf.ts';
import { createKeyFinder, type PersonKeys } from '../evidence/salts.ts';
import type { LogTable } from '../streams/stream.ts';
import { isNothing, keyFields, readNumber } from './hot-lines.ts';
import { groupRows } from './layout.ts';
import type { ObjectFacts } from './object-facts.ts';

/** Takes lines. */
type Tally = {
  /**
   * Takes the line that begins there and whose fields end there. Its id and its time are moved together, as they are hashed:
   * nobody may read them there again.
   */
  add(bytes: Buffer, ends: Int32Array): void;
  rows(): number;
  end(): Pick<ObjectFacts, 'rows' | 'first' | 'last' | 'root' | 'days'>;
};

type Edge = readonly [micros: string, id: string];

const dayMicros = 86_400_000_000;

/** @param refuse makes the error for a row that has no leaf */
export function createTally(
  table: LogTable,
  keys: PersonKeys,
  refuse: (id: string) => Error,
): Tally {
  const findKey = createKeyFinder(keys);
  const { plain, personal } = layOut(table);
  const actorField = keyFields + [...plain, ...personal].indexOf(table.actor);
  const plainField = keyFields + plain.length - 1;
  const days = new Map<number, number>();
  let leaves = Buffer.allocUnsafe(groupRows * hashBytes);
  let count = 0;
  let first: Edge | undefined;
  let readLast: (() => Edge) | undefined;
  return {
    add(bytes, ends) {
      const [idAt, timeAt, timeEnd] = [
        (ends[1] ?? 0) + 1,
        (ends[2] ?? 0) + 1,
        ends[keyFields - 1] ?? 0,
      ];
      const micros = readNumber(bytes, timeAt, timeEnd);
      const readEdge = (moved: number): Edge => [
        String(micros),
        unescapeText(bytes.toString('utf8', idAt + moved, timeAt - 1 + moved)),
      ];
      const key = findKey(readActor(bytes, ends, actorField), micros / 1000);
      if (key === undefined) throw refuse(readEdge(0)[1]);
      first ??= readEdge(0);
      // The point is the seventh byte from the end.
      bytes.copyWithin(idAt + 1, idAt, timeEnd - 7);
      readLast = () => readEdge(1);
      const plainEnd = ends[plainField] ?? 0;
      const leaf = hashRowBytes(
        bytes.subarray(idAt + 1, plainEnd),
        readPersonal(bytes, ends, plainEnd),
        key,
      );
      if (leaves.length === count * hashBytes) leaves = Buffer.concat([leaves], 2 * leaves.length);
      leaves.write(leaf, count * hashBytes, 'latin1');
      const day = Math.floor(micros / dayMicros);
      days.set(day, (days.get(day) ?? 0) + 1);
      count += 1;
    },
    rows: () => count,
    end() {
      const last = readLast?.();
      if (first === undefined || last === undefined) throw new Error('An object without rows.');
      return {
        rows: count,
        first,
        last,
        root: hashPackedTree(leaves.subarray(0, count * hashBytes)).toString('base64'),
        days: Object.fromEntries([...days].map(([day, rows]) => [nameDay(day), rows])),
      };
    },
  };
}

/** Who acted: a number where it is exact, which costs less than a text. */
function readActor(bytes: Buffer, ends: Int32Array, field: number): string | number | null {
  const [start, end] = [(ends[field - 1] ?? 0) + 1, ends[field] ?? 0];
  if (isNothing(bytes, start, end)) return null;
  return end - start <= 15
    ? readNumber(bytes, start, end)
    : unescapeText(bytes.toString('utf8', start, end));
}

/** What is personal. Members of `extra`, which comes last, are in the order of their names. */
function readPersonal(bytes: Buffer, ends: Int32Array, start: number): Uint8Array {
  const end = ends.at(-1) ?? 0;
  const extraAt = (ends.at(-2) ?? 0) + 1;
  if (isNothing(bytes, extraAt, end)) return bytes.subarray(start, end);
  const extra = unescapeText(bytes.toString('utf8', extraAt, end));
  return Buffer.concat([
    bytes.subarray(start, extraAt),
    Buffer.from(escapeText(canonicalJson(extra))),
  ]);
}

function nameDay(day: number): string {
  return new Date(day * (dayMicros / 1000)).toISOString().slice(0, 10);
}
