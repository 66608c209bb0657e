import type { Command } from 'commander';
import { refuseInput } from '../errors.ts';
import { leasePatienceMs } from '../ingest/service.ts';
import { createStreamWorker } from '../ingest/worker.ts';
import { toSeconds, type Span } from '../span.ts';
import { listLogs } from '../streams/registry.ts';
import type { LogStream, Stream } from '../streams/stream.ts';
import { addExample, readMoment } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { withDatabase, withSession } from './session.ts';
import { createPullDisplay } from './terminal/pulling.ts';
import { describePasses, renderPasses } from './terminal/streams.ts';
import { toJson } from './terminal/words.ts';

type BackfillFlags = {
  readonly from: string;
  readonly to: string;
  readonly account?: string;
  readonly json?: boolean;
};

/** `backfill`: reads a span of a log, even if it is covered. */
export function addBackfill(command: Command, context: CommandContext): void {
  const names = listLogs(context.streams).map(({ name }) => name);
  command
    .argument('<stream>', names.join(' or '))
    .requiredOption('--from <time>', 'start: 2026-01-31 or 2026-01-31T08:00:00Z')
    .requiredOption('--to <time>', 'end, not included; in the same form')
    .option('--account <key>', 'one of the accounts in ACCOUNTS_FILE')
    .option('--json', 'print the result as JSON')
    .action(async (stream: string, flags: BackfillFlags) =>
      context.finish(await runBackfill(context, stream, flags)),
    );
  addExample(command, 'zendesk-log-sync backfill audit_logs --from 2024-01-01 --to 2024-02-01');
}

async function runBackfill(
  context: CommandContext,
  stream: string,
  flags: BackfillFlags,
): Promise<number> {
  const asked = checkRequest(context.streams, stream, flags, new Date());
  const config = context.readConfig(flags.account);
  const log = context.openLog(config);
  return withDatabase(config, log, context.signal, async (open) => {
    const display = createPullDisplay(context, [asked.stream]);
    const run = await withSession(
      context,
      config,
      open,
      { log, report: display.report, pulled: [asked.stream] },
      ({ engine }) =>
        createStreamWorker(engine, asked.stream).read(asked.span, context.signal, leasePatienceMs),
    ).finally(() => display.end());
    const complete = run.outcome === 'complete';
    const passes = [{ stream: asked.stream.name, complete, runs: [run] }];
    if (flags.json === true) {
      context.print(
        toJson({ account: config.zendesk.account, complete, streams: describePasses(passes) }),
      );
    } else {
      context.print(renderPasses(passes, context));
    }
    return complete ? 0 : 1;
  });
}

/** The checked arguments of a backfill. @throws {KnownError} `bad_input` with every problem at once */
function checkRequest(
  streams: readonly Stream[],
  name: string,
  { from, to }: Pick<BackfillFlags, 'from' | 'to'>,
  now: Date,
): { stream: LogStream; span: Span } {
  const problems: string[] = [];
  const logs = listLogs(streams);
  const stream = logs.find((log) => log.name === name);
  if (stream === undefined) {
    const expected = logs.map((log) => log.name).join(' or ');
    const listing = streams
      .filter((each) => each.kind === 'listing')
      .find((each) => each.name === name);
    problems.push(
      listing === undefined
        ? `"${name}" is not a log. Use ${expected}.`
        : `${name} has no time range. Use ${expected}, or run "sync ${name}" for the ${listing.members}.`,
    );
  }
  const start = readMoment('--from', from, problems);
  const end = readMoment('--to', to, problems);
  if (start !== undefined && end !== undefined && stream !== undefined) {
    const { retentionDays, title } = stream;
    const oldest = new Date(now.getTime() - (retentionDays ?? 0) * 86_400_000);
    if (start >= end) {
      problems.push(`--from ${from} is not before --to ${to}. Swap the two.`);
    } else if (start > now) {
      problems.push(`--from ${from} is in the future. Use a time in the past.`);
    } else if (retentionDays !== undefined && start < oldest) {
      problems.push(
        `--from ${from} is more than ${retentionDays} days ago; Zendesk keeps the ${title} for ${retentionDays} days; start at ${oldest.toISOString().slice(0, 19)}Z or later.`,
      );
    }
  }
  if (problems.length > 0 || stream === undefined || start === undefined || end === undefined)
    throw refuseInput(problems);
  const until = end > now ? now : end;
  return { stream, span: { from: toSeconds(start), to: Math.ceil(until.getTime() / 1000) } };
}
