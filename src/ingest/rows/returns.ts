/**
 * Records whose page says again what a revision says. Either Zendesk has gone back to that version, or its answers have both
 * versions on different pages, and every reading shows both. So the version waits until its span is read to the end: if the
 * stored version came as well, nothing has changed.
 */
import type { Span } from '../../span.ts';
import type { PageRow } from './copy.ts';
import { createStamps, type Stamps } from './stamps.ts';

/** What a run remembers of such records. */
export type Returns = {
  /** Notes the rows of a page, before the stamps do. `ended` is the span that ends with it, if any. */
  note(rows: readonly PageRow[], ended: Span | undefined): PageReturns;
  /** Adds rows whose version waits. */
  wait(rows: readonly PageRow[]): void;
};

/** What a run remembers when it reads a page. */
export type PageReturns = {
  /** Ids that the run has read before: their stored version came in this reading too. */
  readonly again: ReadonlySet<string>;
  /** With the page that ends a span: versions on earlier pages of the span, instead of which nothing else came. */
  readonly held: readonly PageRow[];
};

/** How a page is written. */
export type Holding = {
  /** Whether rows that say what a revision says are returned instead of written. Default: no. */
  readonly holds?: boolean;
};

/** Creates the empty memory of a run. `time` is the column with the times of the records. */
export function createMemory(time: string): { readonly stamps: Stamps; readonly returns: Returns } {
  const stamps = createStamps();
  return { stamps, returns: createReturns(stamps, time) };
}

function createReturns(stamps: Pick<Stamps, 'has'>, time: string): Returns {
  const waiting = new Map<string, PageRow>();
  const take = ({ from, to }: Span): readonly PageRow[] => {
    const taken = [...waiting.values()].filter(
      ({ timeMs }) => from * 1000 <= timeMs && timeMs < to * 1000,
    );
    for (const { id } of taken) waiting.delete(id);
    return taken;
  };
  return {
    note(rows, ended) {
      if (waiting.size > 0)
        for (const row of rows) {
          const returned = waiting.get(row.id);
          if (returned !== undefined && !saysTheSame(returned, row, time)) waiting.delete(row.id);
        }
      const again = new Set(rows.filter(({ id }) => stamps.has(id)).map(({ id }) => id));
      return { again, held: ended === undefined ? [] : take(ended) };
    },
    wait(rows) {
      for (const row of rows) waiting.set(row.id, row);
    },
  };
}

/** Whether two rows of a record are one version: their times may have different precision. */
export function saysTheSame(one: PageRow, other: PageRow, time: string): boolean {
  const [content, ...rest] = [one, other].map(({ row }) =>
    JSON.stringify({ ...row, [time]: null }),
  );
  return content === rest[0];
}
