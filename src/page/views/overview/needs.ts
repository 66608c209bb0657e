/** What needs a person, with what to do: the sentences of `doctor` and `status`. */
import { describeFailing, loadChannels } from '../../../alerts/outbox.ts';
import type { Queryable } from '../../../database/client.ts';
import { judgeAnchors } from '../../../doctor/evidence.ts';
import { judgeReconciled } from '../../../doctor/reconciled.ts';
import { judgeVerified } from '../../../doctor/verified.ts';
import { capitalize, type Check } from '../../../doctor/check.ts';
import { listNeeds } from '../../../ingest/attention.ts';
import { describeFailedReport, loadReports } from '../../../ingest/scheduled-reports.ts';
import { explainLoss } from '../../../ingest/loss-words.ts';
import type { StreamStatus } from '../../../ingest/status.ts';
import { listLogs } from '../../../streams/registry.ts';
import type { Stream } from '../../../streams/stream.ts';

/** Something that needs a person. */
export type Told = {
  /** Empty for what concerns all. */
  readonly account: string;
  readonly level: 'warning' | 'problem';
  readonly found: string;
  readonly wayOut: string | null;
};

/** Everything that needs a person, by account; problems first. Pure. */
export function listTold(
  rows: readonly StreamStatus[],
  streams: readonly Stream[],
  now: Date,
): readonly Told[] {
  const accounts = [...new Set(rows.map(({ account }) => account))];
  return accounts
    .flatMap((account) => {
      const own = rows.filter((row) => row.account === account);
      return [
        ...own.flatMap((row) => listOfStream(row, streams, now)),
        ...listChecks(own, streams, now).flatMap((check) => tellCheck(account, check)),
      ];
    })
    .toSorted((a, b) => Number(b.level === 'problem') - Number(a.level === 'problem'));
}

/** That alerts do not arrive, or that scheduled reports are not written. */
export async function listUnsent(db: Queryable): Promise<readonly Told[]> {
  const channels = (await loadChannels(db)).flatMap((standing): readonly Told[] => {
    const found = describeFailing(standing);
    const wayOut = 'Check its settings, and try it with "alerts test".';
    return found === undefined
      ? []
      : [{ account: '', level: 'warning', found: `${capitalize(found)}.`, wayOut }];
  });
  const reports = (await loadReports(db)).flatMap((standing): readonly Told[] => {
    const found = describeFailedReport(standing);
    const wayOut = 'Check its entry in REPORTS_FILE and its directory.';
    return found === undefined
      ? []
      : [{ account: standing.account, level: 'warning', found: `${found}.`, wayOut }];
  });
  return [...channels, ...reports];
}

function listChecks(
  rows: readonly StreamStatus[],
  streams: readonly Stream[],
  now: Date,
): readonly Check[] {
  const logs = listLogs(streams);
  const reconciled = judgeReconciled(
    logs,
    rows.map(({ stream, last_reconciliation: last }) => ({ stream, last })),
  );
  return [
    judgeVerified(logs, rows, now),
    ...(reconciled === undefined ? [] : [reconciled]),
    ...judgeAnchors(rows[0]?.anchors ?? []),
  ];
}

function tellCheck(account: string, { name, state, found, wayOut }: Check): readonly Told[] {
  if (state !== 'problem' && state !== 'warning') return [];
  return [{ account, level: state, found: `${capitalize(name)}: ${found}.`, wayOut }];
}

function listOfStream(row: StreamStatus, streams: readonly Stream[], now: Date): readonly Told[] {
  const { account, losses } = row;
  const title = streams.find(({ name }) => name === row.stream)?.title ?? row.stream;
  const listings = streams.filter(({ kind }) => kind === 'listing').map(({ name }) => name);
  const needs = listNeeds(row, listings, now)
    // The check of the verifications says what was found, and what to do.
    .filter((need) => !need.startsWith('a verification found'))
    .map((need): Told => {
      const isRefusal = row.state === 'unavailable' || row.state === 'failed';
      return {
        account,
        level: 'problem',
        found: `${capitalize(title)}: ${need}.`,
        wayOut: adviseOn(need) ?? (isRefusal ? row.last_error : null),
      };
    });
  const lost = losses.map((loss): Told => ({
    account,
    level: 'warning',
    found: `${capitalize(title)}: ${explainLoss(loss)}`,
    wayOut: null,
  }));
  return [...needs, ...lost];
}

function adviseOn(need: string): string | undefined {
  if (need === 'records could not be stored')
    return 'Run "quarantine list", which names them and says why; the others are stored.';
  if (need === 'rows were removed by hand')
    return 'Keep "serve" running: it reads again what Zendesk still has.';
  return undefined;
}
