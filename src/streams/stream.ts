/**
 * What a stream is: everything that the program knows about one thing that it pulls. Each stream has one file beside this
 * one, and one line in `registry.ts`; nothing else in the program spells its name (docs/adding-a-log.md).
 */
import type { Classify } from '../classification/classification.ts';
import type { Span } from '../span.ts';
import type { Needs } from '../zendesk/refusal.ts';
import type { PageRequest } from '../zendesk/request.ts';
import type { Paging } from '../zendesk/paging.ts';
import type { PersonalColumns } from './personal-columns.ts';
import { createFieldReader, keep, readRecord, readTime, type Extra, type Field } from './fields.ts';

/** Anything that is pulled: a log, span by span, or a list, as a whole. */
export type Stream = LogStream | ListingStream;

/** What every stream has. */
type StreamBase = {
  /** Its key in the ledger, in settings, arguments, metrics and log lines: `audit_logs`. */
  readonly name: string;
  /** Its name in messages: `audit log`. */
  readonly title: string;
  /** The request budget that it uses. */
  readonly budget: BudgetGroup;
  /** When it is pulled. */
  readonly schedule: ScheduleSetting;
  /** What it needs to be read; used to explain Zendesk's refusals. */
  readonly needs: Needs;
  /** The OAuth scope that it most likely needs if narrower ones are not enough; undefined if they are. */
  readonly scope: string | undefined;
};

/** Requests per minute that a group of endpoints shares. */
export type BudgetGroup = {
  /** Its key in the ledger and in metrics. */
  readonly name: string;
  /** The setting that says how many requests a minute we may use, and its default. */
  readonly setting: {
    readonly name: string;
    readonly requestsPerMinute: number;
    readonly meaning: string;
  };
  /**
   * The setting that says which share of what others leave of the account's limit is ours, where no number is set; the
   * number above is then where it begins. Absent for limits of our own.
   */
  readonly share?: { readonly name: string; readonly usual: number; readonly meaning: string };
  /** Requests per minute that Zendesk grants to an account; undefined if each answer contains the account's own limit. */
  readonly grantedPerMinute: number | undefined;
  /** Whether that is the limit of the account, of which the customer's other integrations keep the last fifth. */
  readonly sharesAccountLimit: boolean;
};

/** The setting that says when a stream is pulled. */
type ScheduleSetting = {
  readonly name: string;
  /** Default: a cron expression, UTC. */
  readonly cron: string;
  /** The same for `demo`, so that nobody has to wait. */
  readonly demoCron: string;
  readonly meaning: string;
};

/** A list such as people: read as a whole, page after page; its pages have no times. */
export type ListingStream = StreamBase & {
  readonly kind: 'listing';
  /** What it lists, in messages: `people`. */
  readonly members: string;
  readonly source: Pick<Source, 'path' | 'paging' | 'pageSize'> & {
    readonly parameters: Parameters;
  };
};

/** A log: records that have a time and are read span by span. */
export type LogStream = StreamBase & {
  readonly kind: 'log';
  readonly source: Source;
  /** How long Zendesk keeps a record, in days; undefined: permanently. */
  readonly retentionDays: number | undefined;
  /** The setting that says how far back the log is wanted; undefined if only the retention decides. */
  readonly horizonSetting: { readonly name: string; readonly meaning: string } | undefined;
  /** The setting for the largest number of records in a page; undefined for as many as Zendesk gives. */
  readonly pageSizeSetting: { readonly name: string; readonly meaning: string } | undefined;
  readonly table: LogTable;
  /** Reads a record. Throws a `KnownError` `record_unreadable` if it has no usable id or time. */
  readonly read: (record: unknown) => LogRow;
  /** Statements that recompute the rollups of days: `$1` the account, `$2` the first day and `$3` the last one, UTC. */
  readonly rollups: readonly string[];
  /**
   * What rules find in it: the view that computes it, its column with the id of the record, and how much is recomputed in
   * one transaction. Missing if no rules look at the log.
   */
  readonly findings?: {
    readonly view: string;
    readonly record: string;
    readonly renewedBy: 'day' | 'month';
  };
  /** What the log does not contain, because Zendesk does not record it: the limits of every report about it. */
  readonly blindSpots: readonly string[];
  readonly health: Health;
  readonly samples: Samples;
};

/** How a log is requested. */
type Source = {
  /** Path below the origin, without a query. */
  readonly path: string;
  /** How its pages are requested, and how their envelopes are read. */
  readonly paging: Paging;
  /** The largest page Zendesk gives, in records. */
  readonly pageSize: number;
  /**
   * The parameters for a span. They ask for one second more at both ends, so that it does not matter whether Zendesk's
   * bounds are inclusive (contract Q3).
   */
  readonly spanParameters: (span: Span) => Parameters;
  /** The parameters that give the oldest record first; undefined if the retention decides where the log begins. */
  readonly oldestParameters: Parameters | undefined;
};

/** Request parameters in order; names may repeat. */
export type Parameters = readonly (readonly [string, string])[];

/** The table of a log. */
export type LogTable = PersonalColumns & {
  /** With its schema: `zendesk.audit_logs`. */
  readonly name: string;
  /** The column of the record's time; it is part of the key, and the table is partitioned by it. */
  readonly time: string;
  /** The column of the record's id. */
  readonly id: { readonly name: string; readonly type: 'bigint' | 'text' };
  /** The columns except the key and bookkeeping, `extra` last. */
  readonly columns: readonly string[];
  /** The span of a partition: months for logs that Zendesk drops, years for those it keeps. */
  readonly partition: 'month' | 'year';
  /** Who did it: the column with the id of a person. */
  readonly actor: string;
  /** What is derived from each row and stored with it; undefined if nothing is. */
  readonly derived: DerivedTable | undefined;
};

/** A table of rows derived from those of a log, with the same partitions. */
export type DerivedTable = {
  readonly name: string;
  /** Its columns with the key of the log's row. */
  readonly key: { readonly time: string; readonly id: string };
  /** All columns except the account and that key; the first one numbers the derived rows of a row. */
  readonly columns: readonly string[];
  /** The columns of the log's row that they are derived from. */
  readonly from: readonly string[];
  /** The rows derived from a row of the log, each as the values of `columns`, in order. */
  readonly derive: (row: Row, classify: Classify) => readonly DerivedRow[];
  /** A query for `day` and `rows`: how many rows of each day had derived rows when the rollups of `$1` were computed. */
  readonly rolledUp: string;
  /** True for a derived row that says that no rule matches the log's row: counted in a metric. */
  readonly isUnclassified: (row: DerivedRow) => boolean;
};

/** The values of a derived row. */
export type DerivedRow = readonly (string | number | null)[];

/** The columns of a row with their values; for a log's table without account and bookkeeping. */
export type Row = Readonly<Record<string, unknown>>;

/** A parsed record: its id, its time in milliseconds since 1970, and the row for its table. */
export type LogRow = { readonly id: string; readonly timeMs: number; readonly row: Row };

/** What the absence of records means, for `doctor`. */
type Health = {
  /** For a log without any record. */
  readonly whenEmpty: {
    readonly isProblem: boolean;
    readonly found: string;
    readonly wayOut: string;
  };
  /**
   * For a log without a record of the last day, although our own requests add some; undefined for a log that may be silent.
   */
  readonly whenSilent: { readonly found: string; readonly wayOut: string } | undefined;
};

/** How `doctor` estimates a backfill. */
type Samples = {
  /** Length of the span of a sample, in seconds. */
  readonly seconds: number;
  /** Bytes in Postgres for each byte of JSON, indexes included (measured with the simulator's records on Postgres 18). */
  readonly diskShare: number;
};

type Bookkeeping = 'account' | 'extra' | 'first_synced_at' | 'synced_at';

/**
 * A table of the schema in `database/schema/`, of which only the type is used: its value would take 130 MB of memory
 * (docs/decisions.md).
 */
type SchemaTable = { readonly $inferInsert: object };

/**
 * How each column of a log's table is read from a record. It is a type error if a column of the schema is missing here, if
 * there is one too many, or if one would get a value of the wrong type; the columns of the key are read separately.
 */
export type LogColumns<Table extends SchemaTable, Key extends keyof Table['$inferInsert']> = {
  readonly [Name in Exclude<keyof Table['$inferInsert'], Bookkeeping | Key>]-?: Field<
    NonNullable<Table['$inferInsert'][Name]>
  >;
};

/** Where a record has its key, and how its id is read. */
type RecordKey = {
  readonly stream: string;
  readonly id: string;
  readonly time: string;
  readonly readId: (value: unknown, stream: string) => string;
};

/** Prepares the reading of a log's records: key first, then the columns in their order. */
export function createLogReader(
  { stream, id: idName, time: timeName, readId }: RecordKey,
  columns: Readonly<Record<string, Field<unknown>>>,
): (record: unknown) => LogRow {
  const readFields = createFieldReader(columns, [idName, timeName]);
  return (value) => {
    const record = readRecord(value, stream);
    const id = readId(record[idName], stream);
    const time = readTime(record[timeName], timeName, id);
    const row = readFields(record);
    row[idName] = id;
    row[timeName] = time.text;
    const keepWhole = (name: string): void => {
      row['extra'] = keep(row['extra'] as Extra | null, name, record[name]);
    };
    if (typeof record[idName] === 'string' && record[idName] !== id) keepWhole(idName);
    if (!time.isWhole) keepWhole(timeName);
    return { id, timeMs: time.ms, row };
  };
}

/** A moment in the form that the filters of Zendesk's logs need: whole seconds, UTC. */
export function formatMoment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** What each request to a stream has in common. */
export function requestOf({
  budget,
  needs,
  source,
}: Stream): Pick<PageRequest, 'group' | 'path' | 'paging' | 'needs'> {
  return { group: budget, path: source.path, paging: source.paging, needs };
}
