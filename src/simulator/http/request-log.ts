import type { FaultKind } from '../faults/faults.ts';

/** One request as the simulator saw it. All times are ms since 1970 on the machine's clock. */
export type RequestRecord = {
  /** Arrival. */
  readonly at: number;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** The query, decoded and encoded again as `URLSearchParams` does. */
  readonly query: string;
  /** The name by which faults target the endpoint; `other` for an unknown path. */
  readonly stream: string;
  /** The credentials that the request used. */
  readonly authorization: 'none' | 'basic' | 'bearer' | 'other';
  /** Arrival with fractions. */
  readonly startedAt: number;
  /** The end of the answer, or of the connection; null while it is in progress. */
  readonly endedAt: number | null;
  /** 0 until there is an answer, and permanently if the connection was reset instead. */
  readonly status: number;
  /** The fault that happened, if any; faults in a page's content are not recorded here. */
  readonly fault: FaultKind | null;
};

/** How often each status was answered, in total and per stream; "0" means a connection reset. */
export type RequestCounts = {
  readonly total: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byStream: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

/** The record of a request in progress. */
export type OpenRecord = { -readonly [Field in keyof RequestRecord]: RequestRecord[Field] };

/** Remembers the last requests and counts all requests. */
export type RequestLog = {
  readonly open: (record: OpenRecord) => void;
  readonly close: (record: OpenRecord) => void;
  /** The last ones, oldest first, including those in progress. */
  readonly records: () => RequestRecord[];
  readonly counts: () => RequestCounts;
};

function countOne(counts: Record<string, number>, status: string): void {
  counts[status] = (counts[status] ?? 0) + 1;
}

/** Makes a log that holds so many records. */
export function createRequestLog(size: number): RequestLog {
  const ring: RequestRecord[] = [];
  let opened = 0;
  let closed = 0;
  const byStatus: Record<string, number> = {};
  const byStream: Record<string, Record<string, number>> = {};
  return {
    open(record) {
      ring[opened % size] = record;
      opened++;
    },
    close(record) {
      closed++;
      countOne(byStatus, String(record.status));
      countOne((byStream[record.stream] ??= {}), String(record.status));
    },
    records() {
      const split = opened > size ? opened % size : 0;
      return [...ring.slice(split), ...ring.slice(0, split)];
    },
    counts: () => structuredClone({ total: closed, byStatus, byStream }),
  };
}
