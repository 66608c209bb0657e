import { InputError } from '../errors.ts';
import { loadStatus } from '../postgres/status.ts';
import { runPass, type StreamPass } from '../sync/pass.ts';
import { isStreamName, streamNames, type StreamName } from '../streams/names.ts';
import type { CommandContext } from './context.ts';
import { createProgressDisplay } from './progress-display.ts';
import { renderPasses, renderStatus, toJson } from './report.ts';
import { withDatabase, withSession } from './session.ts';

/** `sync`: one complete pass. Status 0 only if every stream asked for is complete. */
export async function runSync(
  context: CommandContext,
  asked: readonly string[],
  json: boolean,
): Promise<number> {
  const config = context.readConfig();
  const streams = chooseStreams(asked, config.streams.names);
  const log = context.openLog({ ...config, log: quieter(config.log) }, 'stderr');
  return withDatabase(config, log, context.signal, async (open) => {
    const display = createProgressDisplay(context, streams);
    const passes = await withSession(
      config,
      open,
      { log, report: display.report, streams },
      ({ workers }) => runPass(workers, context.signal),
    ).finally(() => display.end());
    const status = (await loadStatus(open.db, config.zendesk.account)).filter(({ stream }) =>
      streams.includes(stream as StreamName),
    );
    const complete =
      passes.every((pass) => pass.complete) && status.every(({ gaps }) => gaps === 0);
    if (json)
      context.print(
        toJson({
          account: config.zendesk.account,
          complete,
          streams: describePasses(passes),
          status,
        }),
      );
    else {
      context.print(renderPasses(passes));
      context.print(renderStatus(status, new Date()));
    }
    return complete ? 0 : 1;
  });
}

/** The result of a pass as `--json` prints it. */
export function describePasses(passes: readonly StreamPass[]): unknown {
  return passes.map(({ stream, complete, runs }) => ({
    stream,
    complete,
    runs: runs.map(({ task, outcome, counts, error }) => ({
      task,
      outcome,
      ...counts,
      error: error ?? null,
    })),
  }));
}

/** The streams named, or all. @throws {InputError} for names that are no stream */
export function chooseStreams(
  asked: readonly string[],
  all: readonly StreamName[],
): readonly StreamName[] {
  const unknown = asked.filter((name) => !isStreamName(name));
  if (unknown.length > 0) {
    throw new InputError(
      unknown.map(
        (name) =>
          `"${name}" is no stream; expected ${streamNames.join(', ')}; name one of these or none for all.`,
      ),
    );
  }
  return asked.length === 0 ? all : streamNames.filter((name) => asked.includes(name));
}

/** A command's result is on the screen; its log speaks only of trouble unless asked for more. */
export function quieter<Settings extends { level: string }>(log: Settings): Settings {
  return log.level === 'info' ? { ...log, level: 'warn' } : log;
}
