/** The page of the report: one line for each change. */
import { auditLogs } from '../../streams/audit-logs.ts';
import { readChanges } from '../shared/changes.ts';
import { fieldNotes } from '../shared/record-fields.ts';
import { addNotes, type ReportContent, type ReportScope } from '../shared/report.ts';
import { explainUnknownTypes } from '../shared/source-types.ts';
import { describeCoverage } from '../shared/statement.ts';
import { withArchive } from '../shared/with-archive.ts';
import { describeSpan } from '../shared/time-zone.ts';
import { accountSetting, type SettingsQuestion } from './question.ts';

/** The changes of objects of the given types within a span, oldest first. */
export async function reportAccountSettings(
  asked: ReportScope,
  question: SettingsQuestion,
): Promise<ReportContent> {
  const { span, sourceTypes, fields } = question;
  const scope = await withArchive(asked, auditLogs, span);
  const { db, account, timeZone } = scope;
  const statement = await describeCoverage(scope, { log: auditLogs, ...span });
  const unknown = await explainUnknownTypes(db, account, sourceTypes);
  const isUsual = sourceTypes.length === 1 && sourceTypes[0] === accountSetting;
  const subject = isUsual ? 'Account settings changed' : `Changes of ${sourceTypes.join(', ')}`;
  return {
    title: `${subject}, ${describeSpan(span, timeZone)}`,
    ...readChanges(
      db,
      fields,
      `where a.account = $1 and a.created_at >= $2 and a.created_at < $3 and a.source_type = any($4::text[])
     order by a.created_at, a.id`,
      [account, span.from, span.to, [...sourceTypes]],
    ),
    statement: addNotes(
      {
        ...statement,
        coverage: [...statement.coverage, ...unknown],
      },
      fieldNotes[fields],
    ),
  };
}
