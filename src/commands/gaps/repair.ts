/** `gaps --repair`: reads what is missing now, and says what that brought. */
import { refuseInput } from '../../errors.ts';
import type { RunResult } from '../../ingest/run.ts';
import { listClosable } from '../../ingest/gaps.ts';
import { leasePatienceMs } from '../../ingest/service.ts';
import { createStreamWorker, registerStream } from '../../ingest/worker.ts';
import { measure, subtract, type Spans } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { CommandContext } from '../context.ts';
import { groupByDatabase, listForPrograms } from '../databases.ts';
import { withDatabase, withSessions, type Session } from '../session.ts';
import { openPrompt } from '../terminal/prompt.ts';
import { createPullDisplay } from '../terminal/pulling.ts';
import { renderPasses } from '../terminal/streams.ts';
import { toJson } from '../terminal/words.ts';
import { examineAccount, type AccountGaps } from '../../ingest/account-gaps.ts';
import { chooseLogs, type GapsFlags } from './account.ts';
import { describeGaps, printGaps, showSpan, wrap, writeSecond } from './page.ts';

/** What was read of a log, and what of its gaps that closed. */
type Repair = {
  readonly stream: string;
  readonly run: RunResult | undefined;
  readonly filled: Spans;
  readonly left: Spans;
};

type Work = {
  readonly session: Session;
  readonly logs: readonly LogStream[];
  readonly before: AccountGaps;
};

/** Lists the gaps, asks, reads them, and lists what is left. */
export async function repairGaps(context: CommandContext, flags: GapsFlags): Promise<number> {
  const configs =
    flags.account === undefined ? context.readConfigs() : [context.readConfig(flags.account)];
  const [common] = configs;
  if (common === undefined) throw new Error('There is no account.');
  if (groupByDatabase(configs).length > 1)
    throw refuseInput([
      `--repair reads one database, and the accounts are in several. Choose one with --account: ${configs.map(({ zendesk }) => zendesk.account).join(', ')}.`,
    ]);
  const log = context.openLog(common);
  return withDatabase(common, log, context.signal, (open) => {
    let display: ReturnType<typeof createPullDisplay> | undefined;
    const report: ReturnType<typeof createPullDisplay>['report'] = (event) =>
      display?.report(event);
    return withSessions(context, configs, open, { log, report }, async (sessions) => {
      const works: Work[] = [];
      for (const session of sessions) {
        const logs = chooseLogs(context, flags, session.config);
        const { account, db } = session.engine;
        const before = await examineAccount(db, account, logs, session.config);
        works.push({ session, logs, before });
        if (flags.json !== true) printGaps(context, before);
      }
      const hasWork = works.some(({ before }) => before.costs.length > 0);
      const mayRead = hasWork && (flags.yes === true || (await ask(context)));
      const shown = works.flatMap(({ logs }) => logs);
      if (mayRead) display = createPullDisplay(context, [...new Set(shown)], works.length);
      const ended = await Promise.all(
        works.map((work) =>
          mayRead
            ? readGaps(context, work)
            : Promise.resolve({ ...work, repairs: [], after: work.before }),
        ),
      ).finally(() => display?.end());
      printEnd(context, flags, ended);
      return ended.every(({ after }) => after.gaps.every(({ canClose }) => !canClose)) ? 0 : 1;
    });
  });
}

async function ask(context: CommandContext): Promise<boolean> {
  const prompt = openPrompt(context, context.signal);
  try {
    const answer = await prompt.ask('Read these gaps now? [y/N] ');
    return /^y(es)?$/i.test(answer ?? '');
  } finally {
    prompt.close();
  }
}

type Ended = Work & { readonly repairs: readonly Repair[]; readonly after: AccountGaps };

async function readGaps({ signal }: CommandContext, work: Work): Promise<Ended> {
  const { session, logs, before } = work;
  const { engine, config } = session;
  const runs = await Promise.all(
    logs
      .filter(({ name }) => before.costs.some(({ stream }) => stream === name))
      .map(async (log) => {
        // Of a log that was never followed the ledger knows nothing.
        await registerStream(engine.db, engine.account, log);
        const run = await createStreamWorker(engine, log).fill(signal, leasePatienceMs);
        return { stream: log.name, run };
      }),
  );
  const after = await examineAccount(engine.db, engine.account, logs, config);
  const repairs = runs.map(({ stream, run }): Repair => {
    const open = (gaps: AccountGaps): Spans =>
      listClosable(gaps.gaps.filter((gap) => gap.stream === stream));
    return { stream, run, filled: subtract(open(before), open(after)), left: open(after) };
  });
  return { ...work, repairs, after };
}

function printEnd(
  context: CommandContext,
  { json = false }: GapsFlags,
  ended: readonly Ended[],
): void {
  if (json) {
    const described = ended.map(({ repairs, before, after }) => ({
      ...describeGaps(after),
      before: describeGaps(before)['gaps'],
      repairs: repairs.map(describeRepair),
    }));
    return context.print(toJson(listForPrograms(context, described)));
  }
  for (const { repairs, after } of ended) {
    if (repairs.length === 0) continue;
    const passes = repairs.flatMap(({ stream, run }) =>
      run === undefined ? [] : [{ stream, complete: run.outcome === 'complete', runs: [run] }],
    );
    if (passes.length > 0) context.print(renderPasses(passes, context));
    context.print(wrap(context, repairs.flatMap(explainRepair)).join('\n'));
    if (after.gaps.length > 0) context.print('');
    printGaps(context, after);
  }
}

function explainRepair({ stream, run, filled, left }: Repair): string[] {
  const most = 20;
  const tell = (word: string, spans: Spans, why: string): string[] => [
    ...spans.slice(0, most).map((span) => `${word}: ${stream} ${showSpan(span)}${why}`),
    ...(spans.length > most ? [`${word}: ${spans.length - most} more of ${stream}.`] : []),
  ];
  const why = run?.error === undefined ? '; the reason is below.' : `. ${run.error}`;
  return measure(filled) + measure(left) === 0
    ? []
    : [...tell('Filled', filled, '.'), ...tell('Not filled', left, why)];
}

function describeRepair({ stream, run, filled, left }: Repair): unknown {
  return {
    stream,
    outcome: run?.outcome ?? null,
    code: run?.code ?? null,
    error: run?.error ?? null,
    requests: run?.counts.requests ?? 0,
    rows_new: run?.counts.new ?? 0,
    filled: listSpans(filled),
    not_filled: listSpans(left),
  };
}

function listSpans(spans: Spans): unknown {
  return spans.map(({ from, to }) => ({ from: writeSecond(from), until: writeSecond(to) }));
}
