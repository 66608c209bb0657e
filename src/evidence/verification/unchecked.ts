/** What a verification cannot check, and why: not a finding, but nothing that it vouches for either. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { Adoption } from './adopted.ts';
import type { LogHole } from './log-entries.ts';

/** Something that cannot be checked. */
export type Unchecked = {
  readonly reason:
    | 'before_log'
    | 'manifest_missing'
    | 'partition_missing'
    | 'removed'
    | 'key_unknown'
    | 'place_unreached'
    | 'stopped';
  readonly stream?: string;
  /** The time of the rows concerned, ISO 8601; absent if not known. */
  readonly from?: string;
  readonly until?: string;
  /** All of it in a sentence. */
  readonly sentence: string;
};

/** Rows that were stored before the log began and are not in it yet. */
export function listUnsealed(stream: string, adoption: Adoption | undefined): readonly Unchecked[] {
  if (adoption?.isComplete === true) return [];
  return [
    {
      reason: 'before_log',
      stream,
      sentence:
        adoption === undefined
          ? `${stream} is not in the sealed log yet: it comes with the next page.`
          : `Rows of ${stream} that were stored before ${adoption.before} and are not in the sealed log yet cannot be checked one by one: they are added while the program runs.`,
    },
  ];
}

/** What missing entries stored. */
export function listHoles(holes: readonly LogHole[]): readonly Unchecked[] {
  return holes.map(({ from, until, after, before }) => {
    const which = until - from === 1 ? `entry ${from}` : `entries ${from} to ${until - 1}`;
    const when =
      before === undefined
        ? after === undefined
          ? ''
          : ` after ${after}`
        : after === undefined
          ? ` before ${before}`
          : ` between ${after} and ${before}`;
    return {
      reason: 'manifest_missing',
      sentence: `What ${which} of the log stored${when} cannot be checked: ${until - from === 1 ? 'it is' : 'they are'} missing.`,
    };
  });
}

/** Partitions that are gone: their rows are missing, so there is nothing to compare. */
export async function listGonePartitions(
  db: Queryable,
  account: string,
  stream: string,
  span: Span,
): Promise<readonly Unchecked[]> {
  const rows = await db.query<Span & { partition: string | null; deed: string }>(
    `select partition, replace(code, 'partition_', '') as deed,
       extract(epoch from lost_from)::float8 as from, extract(epoch from rows_until)::float8 as to
     from zendesk_sync.losses
     where account = $1 and stream = $2 and starts_with(code, 'partition_') and rows_found is null
     order by lost_from`,
    [account, stream],
  );
  return rows
    .filter(({ from, to }) => from < span.to && to > span.from)
    .map(({ partition, deed, ...each }) => {
      const [from, until] = spell(each);
      return {
        reason: 'partition_missing',
        stream,
        from,
        until,
        sentence: `${stream} from ${from} until ${until} cannot be checked row by row: the partition ${partition ?? ''} was ${deed}.`,
      };
    });
}

function spell({ from, to }: Span): readonly [from: string, until: string] {
  const [start = '', end = ''] = [from, to].map((second) =>
    fromSeconds(second).toISOString().replace('.000Z', 'Z'),
  );
  return [start, end];
}
