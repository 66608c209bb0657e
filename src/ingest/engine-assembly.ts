import type { Database } from '../database/client.ts';
import { createPartitionKeeper } from '../database/partitions.ts';
import { accessLogs } from '../streams/access-logs.ts';
import type { LogStream } from '../streams/log-stream.ts';
import { createZendesk, type ZendeskOptions } from '../zendesk/client.ts';
import { createAbandonedWork, type AbandonedWork } from './abandoned-work.ts';
import { createBudgetGate } from './budget-gate.ts';
import { createCursorShare, type CursorShare } from './cursor-share.ts';
import type { Engine } from './engine.ts';
import { createPace } from './pace.ts';

/** What an engine is made of: its parts as they are, and how Zendesk is reached. */
export type EngineParts = Omit<
  Engine,
  'zendesk' | 'ensurePartitions' | 'pace' | 'accessLogs' | 'bulk' | 'cursorShare' | 'abandonedWork'
> & {
  /** Default: the same as `db`. */
  readonly bulk?: Database;
  /** Default: one of its own. */
  readonly cursorShare?: CursorShare;
  /** Default: one of its own. */
  readonly abandonedWork?: AbandonedWork;
  /** Default: classified by the built-in rules alone. */
  readonly accessLogs?: LogStream;
  readonly zendesk: Omit<ZendeskOptions, 'account' | 'budget' | 'log' | 'onRequest'>;
  /** Requests a minute that a backfill leaves alone, for the live tail beside it. */
  readonly reserve: number;
};

/** Puts an engine together: its requests pass the account's budget. Whoever calls closes its `zendesk` and its `db`. */
export function createEngine({ zendesk, reserve, ...parts }: EngineParts): Engine {
  const { account, db, log, report, settings } = parts;
  const { requestsPerMinute } = settings;
  const budget = createBudgetGate({ db, account, requestsPerMinute, reserve, report });
  return {
    accessLogs,
    bulk: parts.db,
    cursorShare: createCursorShare(),
    abandonedWork: createAbandonedWork(parts.db),
    ...parts,
    zendesk: createZendesk({
      ...zendesk,
      account,
      budget,
      log,
      onRequest: (request) => report({ type: 'request', ...request }),
    }),
    ensurePartitions: createPartitionKeeper(db),
    pace: createPace(),
  };
}
