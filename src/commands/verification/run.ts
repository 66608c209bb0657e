/** Verifies the accounts that are stored, and shows how far it is. */
import type { LocalConfig } from '../../config/config.ts';
import type { Database } from '../../database/client.ts';
import { refuseInput } from '../../errors.ts';
import { listSealedAccounts } from '../../evidence/tile-store.ts';
import { readKnownKey, type KnownKey } from '../../evidence/verification/known-key.ts';
import { verifyRecorded } from '../../evidence/verification/recorded.ts';
import type { Unchecked } from '../../evidence/verification/unchecked.ts';
import type { Verification } from '../../evidence/verification/verification.ts';
import { describeHolder } from '../../ingest/session.ts';
import type { Span } from '../../span.ts';
import { listLogs } from '../../streams/registry.ts';
import { findArchivedRows } from '../archive/rows.ts';
import type { CommandContext } from '../context.ts';
import { collectOutsideOf } from '../outside.ts';
import { showLines } from '../terminal/display.ts';
import { createMeter, type Meter } from '../terminal/meter.ts';
import { findOwnKey } from './own-key.ts';

/** What is asked for. */
type VerifyQuestion = {
  readonly account: string | undefined;
  readonly stream: string | undefined;
  /** Files and addresses of checkpoints. */
  readonly places: readonly string[];
  readonly key: string | undefined;
  readonly deep: boolean;
  readonly restart: boolean;
  readonly span: Span | undefined;
};

/** Verifies one account after the other. */
export async function verifyAccounts(
  context: CommandContext,
  question: VerifyQuestion,
  db: Database,
  config: LocalConfig,
): Promise<readonly Verification[]> {
  const { account: asked, places, deep, restart, stream, span } = question;
  const given = question.key === undefined ? [] : [readKnownKey(question.key)];
  const chosen = choose(await listSealedAccounts(db), asked);
  const streams = listLogs(context.streams).filter(({ name }) => name === (stream ?? name));
  const results: Verification[] = [];
  for (const account of chosen) {
    if (context.signal.aborted) break;
    const { signal } = context;
    const { unreached, ...kept } = await collectOutsideOf(db, account, config, places, signal);
    for (const sentence of unreached) context.printError(sentence);
    const outside = { anchors: kept.anchors, outside: kept.findings };
    const keys: readonly KnownKey[] = [...findOwnKey(config.evidence, account), ...given];
    const archive = deep ? await findArchivedRows(db, config, account, signal) : undefined;
    const progress = showProgress(context, account);
    const isWhole = stream === undefined;
    try {
      const result = await verifyRecorded(
        db,
        {
          account,
          streams,
          isWhole,
          deep,
          span,
          ...outside,
          keys,
          archive,
          report: progress.report,
          signal,
        },
        { holder: describeHolder(), resumes: !restart, tell: context.printError },
      );
      const unreachable = unreached.map((sentence): Unchecked => ({
        reason: 'place_unreached',
        sentence,
      }));
      if (result !== undefined)
        results.push({ ...result, unchecked: [...result.unchecked, ...unreachable] });
    } finally {
      progress.end();
    }
  }
  return results;
}

function choose(accounts: readonly string[], asked: string | undefined): readonly string[] {
  const chosen = asked === undefined ? accounts : accounts.filter((name) => name === asked);
  if (chosen.length > 0) return chosen;
  throw refuseInput([
    asked === undefined || accounts.length === 0
      ? 'There is no sealed log yet; run "sync" or "serve" first.'
      : `--account is "${asked}"; expected ${accounts.join(', ')}.`,
  ]);
}

type Progress = {
  readonly report: (stream: string, rows: number, expected: number) => void;
  readonly end: () => void;
};

/** A bar for each log whose rows are read; before that, which account it is. */
function showProgress(context: CommandContext, account: string): Progress {
  const meters = new Map<string, { readonly meter: Meter; rows: number }>();
  const end = showLines(context, { terminalMs: 500, plainMs: 10_000 }, () =>
    meters.size === 0
      ? [`${account}: the sealed log and the counts`]
      : [...meters.values()].map(({ meter }) => meter.describe(Date.now())),
  );
  return {
    end,
    report(stream, rows, expected) {
      const nowMs = Date.now();
      const known = meters.get(stream) ?? { meter: createMeter(stream, nowMs), rows: 0 };
      meters.set(stream, known);
      known.meter.addRows(rows - known.rows, nowMs);
      known.meter.setShare(expected === 0 ? 1 : Math.min(1, rows / expected), 0, nowMs);
      known.rows = rows;
    },
  };
}
