/** From the request of an action to what was done, recorded with who did it. */
import type { Context } from 'hono';
import type { Database } from '../../database/client.ts';
import { hasCode } from '../../errors.ts';
import { readAction, type Action, type Perform } from '../../page/action.ts';
import type { Asker } from '../../page/question.ts';
import type { PageService } from '../../page/service.ts';
import { json } from '../answers.ts';
import { hasRole, type Admission } from './access.ts';
import { readBody } from './body.ts';
import { refuseOrigin } from './origin.ts';

/** What acting needs. */
type Acting = {
  /** The database that has the account. */
  readonly recordsOf: (account: string) => Database;
  readonly service: PageService;
  readonly admission: Admission;
  /** Undefined until the process is ready to do something. */
  readonly perform: Perform | undefined;
};

/** Does what an investigator asks for from the page itself. */
export async function act(context: Context, kind: string, acting: Acting): Promise<Response> {
  const { recordsOf, service, admission, perform } = acting;
  const asker = await admission.admit(context);
  if (asker instanceof Response) return asker;
  const foreign = refuseOrigin(context);
  if (foreign !== undefined) return json(403, { reason: foreign });
  if (!hasRole(asker, 'investigator'))
    return json(403, { reason: 'This needs the role investigator.' });
  if (perform === undefined)
    return json(503, { reason: 'The service is still starting. Try again in a moment.' });
  try {
    const action = readAction(kind, await readBody(context), service);
    await record(recordsOf(action.account), action, asker);
    return json(200, { done: await perform(action, asker.name) });
  } catch (error) {
    if (hasCode(error, 'bad_input')) return json(400, { reason: error.message });
    throw error;
  }
}

async function record(
  db: Database,
  { kind, account, ...rest }: Action,
  asker: Asker,
): Promise<void> {
  await db.query(
    `insert into zendesk_sync.actions (done_by, role, action, account, parameters) values ($1, $2, $3, $4, $5)`,
    [asker.name, asker.role, kind, account, JSON.stringify(rest)],
  );
}
