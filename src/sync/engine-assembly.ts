import { createPartitionKeeper } from '../postgres/partitions.ts';
import { createZendesk, type ZendeskOptions } from '../zendesk/client.ts';
import { createBudgetGate } from './budget-gate.ts';
import type { Engine } from './engine.ts';
import { createPace } from './pace.ts';

/** What an engine is made of: its parts as they are, and how Zendesk is reached. */
export type EngineParts = Omit<Engine, 'zendesk' | 'ensurePartitions' | 'pace'> & {
  readonly zendesk: Omit<ZendeskOptions, 'account' | 'budget' | 'log'>;
  /** Requests a minute that a backfill leaves alone, for the live tail beside it. */
  readonly reserve: number;
};

/** Puts an engine together: its requests pass the account's budget. Whoever calls closes its `zendesk` and its `db`. */
export function createEngine({ zendesk, reserve, ...parts }: EngineParts): Engine {
  const { account, db, log, report, settings } = parts;
  const { requestsPerMinute } = settings;
  const budget = createBudgetGate({ db, account, requestsPerMinute, reserve, report });
  return {
    ...parts,
    zendesk: createZendesk({ ...zendesk, account, budget, log }),
    ensurePartitions: createPartitionKeeper(db),
    pace: createPace(),
  };
}
