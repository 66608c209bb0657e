import type { Queryable } from '../../../database/client.ts';
import { listSourceTypes } from '../../../reports/shared/source-types.ts';

/** The words that the filters offer: what the stored changes have. */
type Vocabulary = { readonly types: readonly string[]; readonly actions: readonly string[] };

/** Loads the types from the index of the log, and the actions from the days that are rolled up. */
export async function loadVocabulary(db: Queryable, account: string): Promise<Vocabulary> {
  const actions = await db.query<{ action: string }>(
    `select distinct action from zendesk.audit_day where account = $1 and action <> '' order by action`,
    [account],
  );
  const known = new Set(['create', 'update', 'destroy', 'login', 'exported']);
  return {
    types: await listSourceTypes(db, account),
    actions: [...known.union(new Set(actions.map(({ action }) => action)))],
  };
}
