/** Who changed the settings of the account, or other things, and when. */
import { listSourceTypes, readChanges } from '../database/reports/account-settings.ts';
import { changeColumns } from './changes.ts';
import type { ReportContent, ReportScope, ReportSpan } from './report.ts';
import { describeCoverage } from './statement.ts';
import { describeSpan } from './time-zone.ts';

/** The type of thing that the report is about unless others are asked for. */
export const accountSetting = 'account_setting';

/** The changes of things of the given types within a span, oldest first. */
export async function reportAccountSettings(
  scope: ReportScope,
  { span, sourceTypes }: { span: ReportSpan; sourceTypes: readonly string[] },
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const statement = await describeCoverage(scope, { stream: 'audit_logs', ...span });
  const known = await listSourceTypes(db, account);
  const isUsual = sourceTypes.length === 1 && sourceTypes[0] === accountSetting;
  const subject = isUsual ? 'Account settings changed' : `Changes of ${sourceTypes.join(', ')}`;
  return {
    title: `${subject}, ${describeSpan(span, timeZone)}`,
    columns: changeColumns,
    rows: readChanges(db, { account, ...span, sourceTypes }),
    statement: {
      ...statement,
      coverage: [...statement.coverage, ...explainUnknown(sourceTypes, known)],
    },
  };
}

/** The types are Zendesk's and an open set: an unknown one is no error, but most likely a slip of the pen. */
function explainUnknown(asked: readonly string[], known: readonly string[]): string[] {
  if (known.length === 0) return [];
  return asked
    .filter((type) => !known.includes(type))
    .map(
      (type) =>
        `No change of the type ${type} is stored at any time; stored are ${known.join(', ')}.`,
    );
}
