import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { refuseInput } from '../errors.ts';
import { reconcile, type Reconciliation } from '../ingest/reconcile/reconciliation.ts';
import { largestSeed, type Sample } from '../ingest/reconcile/sampling.ts';
import { createStreamWorker } from '../ingest/worker.ts';
import { toSeconds, type Span } from '../span.ts';
import { listLogs } from '../streams/registry.ts';
import type { LogStream } from '../streams/stream.ts';
import { addExample, readCount, readMoment } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { describeReconciliation, printReconciliation } from './reconcile/page.ts';
import { withDatabase, withSession } from './session.ts';
import { showLines } from './terminal/display.ts';
import { formatNumber, toJson } from './terminal/words.ts';

type ReconcileFlags = {
  readonly stream?: string;
  readonly from?: string;
  readonly to?: string;
  readonly sample?: string;
  readonly seed?: string;
  readonly account?: string;
  readonly json?: boolean;
};

/** What is asked for, checked. */
type Asked = {
  readonly log: LogStream;
  readonly span: Span;
  readonly sample: Sample | undefined;
};

/** `reconcile`: whether Zendesk shows what is stored. Status 1 when it does not, or could not be asked. */
export function addReconcile(command: Command, context: CommandContext): void {
  const names = listLogs(context.streams).map(({ name }) => name);
  command
    .option('--stream <name>', names.join(' or '))
    .option('--from <time>', 'start: 2026-01-31 or 2026-01-31T08:00:00Z')
    .option('--to <time>', 'end, not included; in the same form')
    .option(
      '--sample <number>',
      'compare only this many random parts of at most an hour (default: everything)',
    )
    .option('--seed <number>', 'with --sample: the seed of an earlier run, for the same parts')
    .option('--account <key>', 'one of the accounts in ACCOUNTS_FILE')
    .option('--json', 'print the result as JSON')
    .action(async (flags: ReconcileFlags) => context.finish(await runReconcile(context, flags)));
  addExample(
    command,
    'zendesk-log-sync reconcile --stream audit_logs \\\n    --from 2026-01-01 --to 2026-02-01',
  );
}

async function runReconcile(context: CommandContext, flags: ReconcileFlags): Promise<number> {
  const asked = readFlags(context, flags, new Date());
  const config = context.readConfig(flags.account);
  const log = context.openLog(config);
  const result = await withDatabase(config, log, context.signal, (open) =>
    withSession(context, config, open, { log, pulled: [asked.log] }, ({ engine }) =>
      compare(context, asked, (report) =>
        reconcile(engine, createStreamWorker(engine, asked.log), {
          ...asked,
          report,
          signal: context.signal,
        }),
      ),
    ),
  );
  if (result === undefined)
    throw new Error('A comparison that no schedule asks for cannot be taken by another process.');
  if (flags.json === true) context.print(toJson(describeReconciliation(result)));
  else printReconciliation(context, result);
  const { outcome, counts, stored } = result;
  return outcome === 'equal' && counts.comparableSeconds > 0 && stored.error === undefined ? 0 : 1;
}

async function compare(
  context: CommandContext,
  { log }: Asked,
  work: (
    report: (progress: {
      readonly readSeconds: number;
      readonly wantedSeconds: number;
      readonly records: number;
    }) => void,
  ) => Promise<Reconciliation | undefined>,
): Promise<Reconciliation | undefined> {
  let line = `${log.name}   0%   0 records compared`;
  const end = showLines(context, { terminalMs: 500, plainMs: 2000 }, () => [line]);
  try {
    return await work(({ readSeconds, wantedSeconds, records }) => {
      const share = wantedSeconds === 0 ? 1 : Math.min(1, readSeconds / wantedSeconds);
      line = `${log.name}   ${Math.floor(share * 100)}%   ${formatNumber(records)} records compared`;
    });
  } finally {
    end();
  }
}

/** @throws {KnownError} `bad_input` with every problem at once */
function readFlags({ streams }: CommandContext, flags: ReconcileFlags, now: Date): Asked {
  const problems: string[] = [];
  const logs = listLogs(streams);
  const names = logs.map(({ name }) => name).join(' or ');
  const log = logs.find(({ name }) => name === flags.stream);
  if (log === undefined)
    problems.push(
      flags.stream === undefined
        ? `Specify a log: --stream ${names}.`
        : `--stream is "${flags.stream}". Use ${names}.`,
    );
  const span = readSpan(flags, log, now, problems);
  const sample = readSample(flags, problems);
  if (problems.length > 0 || log === undefined || span === undefined) throw refuseInput(problems);
  return { log, span, sample };
}

function readSpan(
  { from, to }: ReconcileFlags,
  log: LogStream | undefined,
  now: Date,
  problems: string[],
): Span | undefined {
  if (from === undefined || to === undefined) {
    problems.push('Specify a time range: --from 2026-01-01 --to 2026-02-01.');
    return undefined;
  }
  const start = readMoment('--from', from, problems);
  const end = readMoment('--to', to, problems);
  if (start === undefined || end === undefined) return undefined;
  const { retentionDays, title = '' } = log ?? {};
  const kept = retentionDays === undefined ? 0 : now.getTime() - retentionDays * 86_400_000;
  if (start >= end) problems.push(`--from ${from} is not before --to ${to}. Swap the two.`);
  else if (start > now) problems.push(`--from ${from} is in the future. Use a time in the past.`);
  else if (end.getTime() <= kept)
    problems.push(
      `--to ${to} is more than ${retentionDays} days ago; Zendesk keeps the ${title} for ${retentionDays} days, so there is nothing to compare with.`,
    );
  const until = end > now ? now : end;
  return { from: toSeconds(start), to: Math.ceil(until.getTime() / 1000) };
}

function readSample({ sample, seed }: ReconcileFlags, problems: string[]): Sample | undefined {
  if (sample === undefined) {
    if (seed !== undefined)
      problems.push('--seed decides a sample. Add --sample, or leave it out.');
    return undefined;
  }
  return {
    count: readCount('--sample', sample, problems, 100_000),
    seed: seed === undefined ? randomInt(1, largestSeed) : readCount('--seed', seed, problems),
  };
}
