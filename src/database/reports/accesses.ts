import type { Database } from '../client.ts';
import {
  byProgram,
  outcome,
  resourcesWithRequests,
  spanValues,
  withinSpan,
  type AccessOutcome,
  type AccessSpan,
} from './access-conditions.ts';

/** Which accesses are wanted. */
export type AccessFilter = AccessSpan & {
  /** Type of the resources, singular. */
  readonly type: string;
  /** Ids of the agents whose requests are wanted; undefined: everybody's. */
  readonly agents: readonly string[] | undefined;
};

/** One request and one resource of the type that it was about. */
export type Access = {
  readonly time: Date;
  readonly user_id: string | null;
  /** Null where the request was about the only thing of its type, such as the settings. */
  readonly resource_id: string | null;
  readonly kind: string;
  readonly status: number | null;
  readonly outcome: AccessOutcome;
  readonly by_program: boolean;
  readonly ip_address: string | null;
};

/**
 * Every request that was about a resource of the type, oldest first; one row for each such resource. Lists, searches and
 * exports that name none are not among them.
 */
export function readAccesses(
  db: Database,
  filter: AccessFilter,
): AsyncGenerator<Access, void, undefined> {
  return db.read<Access>(
    `select r.timestamp as time, r.user_id::text, r.resource_id, r.kind, r.status, ${outcome} as outcome,
       ${byProgram} as by_program, host(l.ip_address) as ip_address
     from ${resourcesWithRequests}
     where ${withinSpan} and r.resource_type = $4
       and (r.resource_id is not null or r.kind not in ('list', 'search', 'export'))
       and ($5::bigint[] is null or r.user_id = any ($5::bigint[]))
     order by r.timestamp, r.access_log_id, r.position`,
    [...spanValues(filter), filter.type, filter.agents === undefined ? null : [...filter.agents]],
  );
}
