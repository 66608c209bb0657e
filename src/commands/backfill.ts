import { refuseInput } from '../errors.ts';
import { toSeconds, type Span } from '../span.ts';
import { accessLogs } from '../streams/access-logs.ts';
import { auditLogs } from '../streams/audit-logs.ts';
import { leasePatienceMs } from '../ingest/pass.ts';
import type { CommandContext } from './context.ts';
import { createProgressDisplay } from './progress-display.ts';
import { renderPasses, toJson } from './report.ts';
import { withDatabase, withSession } from './session.ts';
import { describePasses, quieter } from './sync.ts';
import { readMoment } from './moment.ts';

/** How `backfill` was asked to work. */
export type BackfillFlags = {
  readonly from: string;
  readonly to: string;
  readonly account?: string;
  readonly json?: boolean;
};

/** `backfill`: reads a span of a log, whatever the coverage says. */
export async function runBackfill(
  context: CommandContext,
  stream: string,
  flags: BackfillFlags,
): Promise<number> {
  const asked = checkRequest(stream, flags.from, flags.to, new Date());
  const config = context.readConfig(flags.account);
  const log = context.openLog({ ...config, log: quieter(config.log) }, 'stderr');
  return withDatabase(config, log, context.signal, async (open) => {
    const display = createProgressDisplay(context, [asked.stream]);
    const run = await withSession(
      config,
      open,
      { log, report: display.report, streams: [asked.stream] },
      async ({ workers: [worker] }) => worker?.read(asked.span, context.signal, leasePatienceMs),
    ).finally(() => display.end());
    const complete = run?.outcome === 'complete';
    const passes = [{ stream: asked.stream, complete, runs: run === undefined ? [] : [run] }];
    if (flags.json === true) {
      context.print(
        toJson({ account: config.zendesk.account, complete, streams: describePasses(passes) }),
      );
    } else {
      context.print(renderPasses(passes));
    }
    return complete ? 0 : 1;
  });
}

/** What a backfill asks for, checked. @throws {KnownError} `bad_input` with every problem at once */
function checkRequest(
  stream: string,
  from: string,
  to: string,
  now: Date,
): { stream: 'audit_logs' | 'access_logs'; span: Span } {
  const problems: string[] = [];
  const log = [auditLogs, accessLogs].find(({ name }) => name === stream);
  if (log === undefined) {
    problems.push(
      stream === 'users'
        ? 'users has no span of time; expected audit_logs or access_logs; run "sync users" for the people.'
        : `"${stream}" is no log; expected audit_logs or access_logs.`,
    );
  }
  const start = readMoment('--from', from, problems);
  const end = readMoment('--to', to, problems);
  if (start !== undefined && end !== undefined && log !== undefined) {
    const oldest = new Date(now.getTime() - (log.retentionDays ?? 0) * 86_400_000);
    if (start >= end) {
      problems.push(
        `--from ${from} is not before --to ${to}; expected the earlier time first; swap the two.`,
      );
    } else if (start > now) {
      problems.push(`--from ${from} lies in the future; expected a time that has passed.`);
    } else if (log.retentionDays !== undefined && start < oldest) {
      problems.push(
        `--from ${from} is more than ${log.retentionDays} days ago; Zendesk keeps the access log for ${log.retentionDays} days; start at ${oldest.toISOString().slice(0, 19)}Z or later.`,
      );
    }
  }
  if (problems.length > 0 || log === undefined || start === undefined || end === undefined)
    throw refuseInput(problems);
  const until = end > now ? now : end;
  return {
    stream: log.name,
    span: { from: toSeconds(start), to: Math.ceil(until.getTime() / 1000) },
  };
}
