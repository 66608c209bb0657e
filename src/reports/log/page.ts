/** The stored audit log, with every filter of Zendesk's own list, and by text. */
import { auditLogs } from '../../streams/audit-logs.ts';
import { readChanges } from '../shared/changes.ts';
import type { Person } from '../shared/person.ts';
import { fieldNotes, type FieldChoice } from '../shared/record-fields.ts';
import { addNotes, type ReportContent, type ReportScope } from '../shared/report.ts';
import { selectChanges, type ChangeFilter } from './condition.ts';
import { explainUnknownTypes } from '../shared/source-types.ts';
import { describeCoverage } from '../shared/statement.ts';
import { findPeople } from '../shared/with-archive.ts';
import { describeSpan } from '../shared/time-zone.ts';

/** Which records to show, and how. */
type LogQuestion = ChangeFilter & {
  /** An id, an e-mail address or a name. */
  readonly actor: string | undefined;
  readonly newestFirst: boolean;
  readonly limit: number | undefined;
  readonly fields: FieldChoice;
};

/**
 * The records of the stored audit log that pass every filter.
 *
 * @throws {KnownError} `bad_input` for an unknown actor
 */
export async function reportLog(asked: ReportScope, question: LogQuestion): Promise<ReportContent> {
  const { span, sourceTypes, newestFirst, limit, fields } = question;
  const texts = question.actor === undefined ? [] : [question.actor];
  const { people, scope } = await findPeople(asked, auditLogs, span, texts);
  const [actor] = people;
  const { db, account, timeZone } = scope;
  const statement = await describeCoverage(scope, { log: auditLogs, ...span });
  const unknown = await explainUnknownTypes(db, account, sourceTypes);
  const { condition, values } = selectChanges(account, question, actor?.id);
  const direction = newestFirst ? 'desc' : 'asc';
  const changes = readChanges(
    db,
    fields,
    `where ${condition}
     order by a.created_at ${direction}, a.id ${direction}
     limit $${values.length + 1}`,
    [...values, limit ?? null],
  );
  return {
    title: `Audit log, ${[describeSpan(span, timeZone), ...describeFilters(question, actor)].join(', ')}`,
    ...changes,
    statement: addNotes({ ...statement, coverage: [...statement.coverage, ...unknown] }, [
      ...fieldNotes[fields],
      ...(actor?.remarks ?? []),
    ]),
  };
}

function describeFilters(
  { sourceTypes, sourceId, network, actions, text, limit }: LogQuestion,
  actor: Person | undefined,
): string[] {
  return [
    ...(sourceTypes.length === 0 ? [] : [`type ${sourceTypes.join(' or ')}`]),
    ...(sourceId === undefined ? [] : [`source ${sourceId}`]),
    ...(actor === undefined ? [] : [`by ${actor.name ?? 'user'} (${actor.id})`]),
    ...(network === undefined ? [] : [`from ${network}`]),
    ...(actions.length === 0 ? [] : [`action ${actions.join(' or ')}`]),
    ...(text === undefined ? [] : [`with the text "${text}"`]),
    ...(limit === undefined ? [] : [`at most ${limit} ${limit === 1 ? 'row' : 'rows'}`]),
  ];
}
