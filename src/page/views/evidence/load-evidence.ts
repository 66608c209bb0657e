/** How it stands with the sealed logs: heads, places outside, verifications, comparisons. */
import type { Queryable } from '../../../database/client.ts';
import { isStale, loadAnchors, nameAnchor } from '../../../evidence/anchoring/standing.ts';
import { parseCheckpoint } from '../../../evidence/forms/checkpoint.ts';
import { parseNote } from '../../../evidence/forms/note.ts';

/** The newest checkpoint of an account's log. */
type LogHead = {
  readonly account: string;
  readonly origin: string;
  readonly key: string;
  readonly size: number;
  /** In base64; null before the first checkpoint. */
  readonly root: string | null;
  readonly begunAt: Date;
  readonly sealedAt: Date | null;
  /** What is not sealed yet. */
  readonly waiting: number;
};

/** A place outside of the database. */
type ShownAnchor = {
  readonly account: string;
  readonly name: string;
  readonly lastSuccess: string | null;
  readonly ageSeconds: number;
  readonly size: number | null;
  readonly failures: number;
  readonly error: string | null;
  readonly isStale: boolean;
};

type ShownVerification = {
  readonly account: string;
  readonly id: string;
  readonly depth: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly findings: number;
  readonly firstFinding: string | null;
  readonly error: string | null;
  readonly isScheduled: boolean;
};

type ShownReconciliation = {
  readonly account: string;
  readonly id: string;
  readonly stream: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly sample: number | null;
  readonly missingHere: number;
  readonly missingThere: number;
  readonly different: number;
};

type ShownAction = {
  readonly id: string;
  readonly account: string;
  readonly at: Date;
  readonly by: string;
  readonly action: string;
  readonly parameters: unknown;
};

/** What the view shows. */
type Evidence = {
  readonly logs: readonly LogHead[];
  readonly anchors: readonly ShownAnchor[];
  readonly verifications: readonly ShownVerification[];
  readonly reconciliations: readonly ShownReconciliation[];
  readonly actions: readonly ShownAction[];
};

/** So many verifications and comparisons of each account are shown. */
const shown = 5;
/** So many accounts, and so many of what people did. */
const limits = { accounts: 200, actions: 20 };

/** Loads it for one account, or for all. */
export async function loadEvidence(db: Queryable, account: string | undefined): Promise<Evidence> {
  const values = [account ?? null];
  return {
    logs: await loadLogs(db, values),
    anchors: (await loadAnchors(db))
      .filter((anchor) => account === undefined || anchor.account === account)
      .map((anchor) => ({
        account: anchor.account,
        name: nameAnchor(anchor),
        lastSuccess: anchor.last_success,
        ageSeconds: anchor.age_seconds,
        size: anchor.size,
        failures: anchor.failures,
        error: anchor.error,
        isStale: isStale(anchor),
      })),
    verifications: await db.query<ShownVerification>(
      `select v.account, v.id::text as id, v.depth, v.started_at as "startedAt", v.ended_at as "endedAt", v.outcome, v.findings,
         v.first_finding as "firstFinding", v.error, v.due_at is not null as "isScheduled"
       from zendesk_evidence.logs l
       cross join lateral (
         select * from zendesk_sync.verifications v where v.account = l.account order by v.started_at desc limit ${shown}
       ) as v
       where $1::text is null or l.account = $1
       order by v.account, v.started_at desc limit ${limits.accounts * shown}`,
      values,
    ),
    reconciliations: await db.query<ShownReconciliation>(
      `select r.account, r.id::text as id, r.stream, r.started_at as "startedAt", r.ended_at as "endedAt", r.outcome, r.sample,
         r.missing_here as "missingHere", r.missing_there as "missingThere", r.different
       from zendesk_sync.streams s
       cross join lateral (
         select * from zendesk_sync.reconciliations r where r.account = s.account and r.stream = s.stream order by r.id desc limit ${shown}
       ) as r
       where $1::text is null or s.account = $1
       order by r.account, r.stream, r.id desc limit ${limits.accounts * shown}`,
      values,
    ),
    actions: await db.query<ShownAction>(
      `select id::text as id, account, done_at as at, done_by as by, action, parameters from zendesk_sync.actions
       where $1::text is null or account = $1
       order by id desc limit ${limits.actions}`,
      values,
    ),
  };
}

async function loadLogs(db: Queryable, values: readonly unknown[]): Promise<readonly LogHead[]> {
  const rows = await db.query<Omit<LogHead, 'root'> & { readonly note: string | null }>(
    `select l.account, l.origin, l.key, l.size::float8 as size, l.checkpoint as note, l.begun_at as "begunAt",
       l.sealed_at as "sealedAt",
       (select count(*) from zendesk_evidence.pending p where p.account = l.account)::float8 as waiting
     from zendesk_evidence.logs l
     where $1::text is null or l.account = $1
     order by l.account limit ${limits.accounts}`,
    values,
  );
  return rows.map(({ note, ...log }) => ({
    ...log,
    root:
      note === null
        ? null
        : Buffer.from(parseCheckpoint(parseNote(note).text).root).toString('base64'),
  }));
}
