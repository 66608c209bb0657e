/** The stored audit log, with every filter of Zendesk's own list. */
import { auditLogs } from '../../streams/audit-logs.ts';
import { readChanges } from '../shared/changes.ts';
import { findPerson, type Person } from '../shared/person.ts';
import { fieldNotes, type FieldChoice } from '../shared/record-fields.ts';
import {
  addNotes,
  type ReportContent,
  type ReportScope,
  type ReportSpan,
} from '../shared/report.ts';
import { explainUnknownTypes } from '../shared/source-types.ts';
import { describeCoverage } from '../shared/statement.ts';
import { describeSpan } from '../shared/time-zone.ts';

/** Which records are asked for. Empty lists and undefined: all. */
type LogQuestion = {
  readonly span: ReportSpan;
  readonly sourceTypes: readonly string[];
  readonly sourceId: string | undefined;
  /** An id, an e-mail address or a name. */
  readonly actor: string | undefined;
  readonly ipAddress: string | undefined;
  readonly actions: readonly string[];
  readonly newestFirst: boolean;
  readonly limit: number | undefined;
  readonly fields: FieldChoice;
};

/**
 * The records of the stored audit log that pass every filter.
 *
 * @throws {KnownError} `bad_input` for an actor whom nobody knows
 */
export async function reportLog(scope: ReportScope, question: LogQuestion): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const { span, sourceTypes, sourceId, ipAddress, actions, newestFirst, limit, fields } = question;
  const statement = await describeCoverage(scope, { log: auditLogs, ...span });
  const unknown = await explainUnknownTypes(db, account, sourceTypes);
  const actor = question.actor === undefined ? undefined : await findPerson(scope, question.actor);
  const direction = newestFirst ? 'desc' : 'asc';
  const changes = readChanges(
    db,
    fields,
    `where a.account = $1 and a.created_at >= $2 and a.created_at < $3
       and ($4::text[] is null or a.source_type = any ($4::text[]))
       and ($5::bigint is null or a.source_id = $5::bigint)
       and ($6::bigint is null or a.actor_id = $6::bigint)
       and ($7::inet is null or a.ip_address = $7::inet)
       and ($8::text[] is null or a.action = any ($8::text[]))
     order by a.created_at ${direction}, a.id ${direction}
     limit $9`,
    [
      account,
      span.from,
      span.to,
      orNull(sourceTypes),
      sourceId ?? null,
      actor?.id ?? null,
      ipAddress ?? null,
      orNull(actions),
      limit ?? null,
    ],
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

function orNull(texts: readonly string[]): string[] | null {
  return texts.length === 0 ? null : [...texts];
}

function describeFilters(
  { sourceTypes, sourceId, ipAddress, actions, limit }: LogQuestion,
  actor: Person | undefined,
): string[] {
  return [
    ...(sourceTypes.length === 0 ? [] : [`type ${sourceTypes.join(' or ')}`]),
    ...(sourceId === undefined ? [] : [`source ${sourceId}`]),
    ...(actor === undefined ? [] : [`by ${actor.name ?? 'user'} (${actor.id})`]),
    ...(ipAddress === undefined ? [] : [`from ${ipAddress}`]),
    ...(actions.length === 0 ? [] : [`action ${actions.join(' or ')}`]),
    ...(limit === undefined ? [] : [`at most ${limit} ${limit === 1 ? 'row' : 'rows'}`]),
  ];
}
