import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { readNetwork } from '../../reports/address/network.ts';
import { reportLog } from '../../reports/log/page.ts';
import { addExample, gather, readCount } from '../arguments.ts';
import { addFieldFlags, readFieldFlags, type FieldFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type LogFlags = ReportFlags &
  SpanFlags &
  FieldFlags & {
    readonly sourceType?: readonly string[];
    readonly sourceId?: string;
    readonly actor?: string;
    readonly ip?: string;
    readonly action?: readonly string[];
    readonly text?: string;
    readonly sort?: string;
    readonly limit?: string;
  };

const newestFirst = '-created_at';
const oldestFirst = 'created_at';

/** `report log`: the stored audit log with every filter of Zendesk's own list. */
export function addLog(report: Command, take: TakeReport): void {
  const command = report
    .command('log')
    .description('the stored audit log, by type, id, actor, address, action, text and time');
  addSpanFlags(command)
    .option('--source-type <type>', 'only this type of thing: rule, user; may be repeated', gather)
    .option('--source-id <id>', 'only this thing; with --source-type')
    .option('--actor <actor>', 'only by this person: id, e-mail address or full name')
    .option('--ip <address>', 'only from this IP address or network')
    .option('--action <action>', 'only create, update, destroy …; may be repeated', gather)
    .option('--text <text>', 'only what contains this text in its name or its change')
    .option('--sort <order>', `${oldestFirst} or ${newestFirst}`, oldestFirst)
    .option('--limit <number>', 'at most this many records');
  addReportFlags(addFieldFlags(command)).action((flags: LogFlags) =>
    take((now) => prepareLog(now, flags)),
  );
  addExample(
    command,
    'zendesk-log-sync report log --month 2026-09 --action destroy --sort=-created_at',
  );
}

function prepareLog(now: Date, flags: LogFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const fields = readFieldFlags(flags, problems);
  const { sourceType = [], sourceId, actor, ip, action = [], text, limit } = flags;
  const { sort = oldestFirst } = flags;
  const given = {
    'source-type': sourceType,
    action,
    actor: actor === undefined ? [] : [actor],
    text: text === undefined ? [] : [text],
  };
  for (const [option, texts] of Object.entries(given))
    if (texts.some((each) => each.trim() === ''))
      problems.push(`--${option} is empty. Leave it out or give it a value.`);
  if (sourceId !== undefined && !/^-?\d{1,18}$/.test(sourceId))
    problems.push(`--source-id is "${sourceId}". Use an id, digits only.`);
  if (sourceId !== undefined && sourceType.length === 0)
    problems.push('--source-id needs --source-type too, because each type has ids of its own.');
  const network = ip === undefined ? undefined : readNetwork(ip);
  if (ip !== undefined && network === undefined)
    problems.push(`--ip is "${ip}". Use an address such as 203.0.113.9.`);
  if (sort !== oldestFirst && sort !== newestFirst)
    problems.push(`--sort is "${sort}". Use ${oldestFirst} or ${newestFirst}.`);
  const count = limit === undefined ? undefined : readCount('--limit', limit, problems);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) =>
      reportLog(scope, {
        span,
        sourceTypes: [...new Set(sourceType)],
        sourceId,
        actor: actor?.trim(),
        network,
        text: text?.trim(),
        actions: [...new Set(action)],
        newestFirst: sort === newestFirst,
        limit: count,
        fields,
      }),
  };
}
