/** What a package says about itself: what was requested, what it contains, and what that rests on. */
import type { SealedHead } from '../../evidence/proving/head.ts';
import { hasCode, KnownError } from '../../errors.ts';
import { intersect, toSeconds, type Span } from '../../span.ts';
import { layOut } from '../../evidence/row-leaf.ts';
import { accessLogs } from '../../streams/access-logs.ts';
import type { LogStream } from '../../streams/stream.ts';
import { version } from '../../version.ts';
import { describeAccessCoverage } from '../shared/access-statement.ts';
import { loadLogFacts } from '../shared/log-facts.ts';
import type { ReportScope, ReportSpan, ReportStatement } from '../shared/report.ts';
import { describeCoverage } from '../shared/statement.ts';
import { packageForm, packageVersion } from './names.ts';
import { isUnfiltered, type Filters } from './selection.ts';

/** Why rows have no proof, and how many. */
type UnprovenCounts = Readonly<Record<string, number>>;

/** What was asked for. */
export type PackageQuestion = {
  readonly span: ReportSpan;
  readonly streams: readonly LogStream[];
  readonly filters: Filters;
  /** The verifier keys of the witnesses of the log, a line each. */
  readonly witnessKeys: readonly string[];
};

/** What became of the rows of a log. */
export type PackedStream = {
  readonly rows: number;
  readonly proven: number;
  readonly unproven: UnprovenCounts;
};

/** The part of the statement about a log. */
export type StreamStatement = PackedStream & {
  readonly stream: string;
  /** The columns in the order in which they are hashed, those that are not personal first. */
  readonly columns: {
    readonly id: string;
    readonly time: string;
    readonly plain: readonly string[];
    readonly personal: readonly string[];
  };
  /** What of the span is stored completely, in seconds since 1970. */
  readonly covered: readonly (readonly [number, number])[];
  readonly coverage: readonly string[];
  readonly gaps: readonly string[];
  readonly limits: readonly string[];
};

/** The statement of a package. */
export type PackageStatement = {
  readonly form: string;
  readonly version: number;
  readonly program: string;
  readonly account: string;
  /** The name of the sealed log. */
  readonly origin: string;
  /** How many entries the log had. */
  readonly size: number;
  /** Rows that were stored before this were never sealed. */
  readonly log_begun_at: string;
  readonly generated_at: string;
  readonly from: string;
  readonly to: string;
  readonly filters: Filters;
  /** Whether all rows of the time range are in it. */
  readonly complete: boolean;
  readonly streams: readonly StreamStatement[];
  /** Differences from the sealed log, a sentence each. */
  readonly findings: readonly string[];
};

/** The coverage of a log: sentences, and the spans themselves. */
export type StatedCoverage = Pick<ReportStatement, 'coverage' | 'gaps' | 'limits'> & {
  readonly covered: readonly Span[];
};

/**
 * States what of the span is stored, for each log.
 *
 * @throws {KnownError} `bad_input` when none of them has anything of the span
 */
export async function stateCoverages(
  scope: ReportScope,
  { streams, span }: PackageQuestion,
): Promise<ReadonlyMap<string, StatedCoverage>> {
  const stated = new Map<string, StatedCoverage>();
  const refusals: KnownError[] = [];
  for (const log of streams) {
    const statement = await describe(scope, log, span).catch((error: unknown) => {
      if (!(error instanceof KnownError) || !hasCode(error, 'bad_input')) throw error;
      refusals.push(error);
      return { coverage: [], gaps: [error.message], limits: log.blindSpots };
    });
    const { coverage } = await loadLogFacts(scope.db, {
      account: scope.account,
      stream: log.name,
    });
    const asked = { from: toSeconds(span.from), to: Math.ceil(span.to.getTime() / 1000) };
    stated.set(log.name, { ...statement, covered: intersect(coverage, [asked]) });
  }
  const [first] = refusals;
  if (first !== undefined && refusals.length === streams.length) throw first;
  return stated;
}

async function describe(
  scope: ReportScope,
  log: LogStream,
  span: ReportSpan,
): Promise<ReportStatement> {
  return log.name === accessLogs.name
    ? describeAccessCoverage(scope, span)
    : describeCoverage(scope, { log, ...span });
}

/** The statement, once all rows are written. */
export function statePackage(
  { account, now }: ReportScope,
  { span, filters, streams }: PackageQuestion,
  { origin, size, begunAt }: SealedHead,
  stated: ReadonlyMap<string, StatedCoverage>,
  packed: ReadonlyMap<string, PackedStream>,
  findings: readonly string[],
): PackageStatement {
  return {
    form: packageForm,
    version: packageVersion,
    program: version,
    account,
    origin,
    size,
    log_begun_at: begunAt,
    generated_at: now.toISOString(),
    from: span.from.toISOString(),
    to: span.to.toISOString(),
    filters,
    complete: isUnfiltered(filters),
    streams: streams.map(({ name, table }) => {
      const { covered = [], coverage = [], gaps = [], limits = [] } = stated.get(name) ?? {};
      const { rows = 0, proven = 0, unproven = {} } = packed.get(name) ?? {};
      return {
        stream: name,
        rows,
        proven,
        unproven,
        columns: { id: table.id.name, time: table.time, ...layOut(table) },
        covered: covered.map(({ from, to }) => [from, to] as const),
        coverage,
        gaps,
        limits,
      };
    }),
    findings,
  };
}
