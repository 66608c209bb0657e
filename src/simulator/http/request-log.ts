import type { FaultKind, FaultStream } from './faults.ts';

/** One request as the simulator saw it. All times are ms since 1970 on the machine's clock. */
export interface RequestRecord {
  /** Arrival. */
  readonly at: number;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** The query, decoded and encoded again the way `URLSearchParams` does. */
  readonly query: string;
  readonly stream: FaultStream | 'other';
  /** How the request identified itself. */
  readonly authorization: 'none' | 'basic' | 'bearer' | 'other';
  /** Arrival with fractions. */
  readonly startedAt: number;
  /** The end of the answer, or of the connection; null while it lasts. */
  endedAt: number | null;
  /** 0 until there is an answer, and for ever when the connection was reset instead. */
  status: number;
  /** The fault that struck, if any; faults in a page's content do not show here. */
  fault: FaultKind | null;
}

/** How often each status was answered, all in all and per stream; "0" stands for a connection reset. */
export interface RequestCounts {
  total: number;
  byStatus: Record<string, number>;
  byStream: Record<string, Record<string, number>>;
}

/** Remembers the last requests and counts all. */
export interface RequestLog {
  open(record: RequestRecord): void;
  close(record: RequestRecord): void;
  /** The last ones, oldest first; those under way too. */
  records(): RequestRecord[];
  counts(): RequestCounts;
}

function countOne(record: Record<string, number>, status: string): void {
  record[status] = (record[status] ?? 0) + 1;
}

/** Makes a log that holds so many records. */
export function createRequestLog(size: number): RequestLog {
  const ring: RequestRecord[] = [];
  let opened = 0;
  const counts: RequestCounts = { total: 0, byStatus: {}, byStream: {} };
  return {
    open(record) {
      ring[opened % size] = record;
      opened++;
    },
    close(record) {
      const status = String(record.status);
      counts.total++;
      countOne(counts.byStatus, status);
      countOne((counts.byStream[record.stream] ??= {}), status);
    },
    records() {
      const split = opened > size ? opened % size : 0;
      return [...ring.slice(split), ...ring.slice(0, split)];
    },
    counts: () => structuredClone(counts),
  };
}
