/** The addresses of the view that says what changed. */
import type { Database, Queryable } from '../../../database/client.ts';
import { reportLog } from '../../../reports/log/page.ts';
import type { ReportContent, ReportRow } from '../../../reports/shared/report.ts';
import { scopeOf } from '../../archive.ts';
import { readAccount } from '../../parameters.ts';
import type { AnyQuestion, Asked, Download } from '../../question.ts';
import { downloadReport, readForm } from '../../report-file.ts';
import { loadChanges } from './load-changes.ts';
import { loadHistory, readHistoryQuestion } from './load-history.ts';
import { loadVocabulary } from './load-vocabulary.ts';
import { filterNames, readChangesQuestion, readPlace } from './question.ts';

/** A text that no change has is looked for in all of them. */
const limitMs = 10_000;

export const whatChangedQuestions: readonly AnyQuestion[] = [
  {
    path: 'what-changed',
    role: 'reader',
    rights: 'page',
    limitMs,
    recorded: [...filterNames, 'after'],
    ask: (db, asked) =>
      loadChanges(db, scopeOf(asked, 'view'), readChangesQuestion(asked), readPlace(asked)),
  },
  {
    path: 'what-changed/history',
    role: 'reader',
    rights: 'page',
    limitMs,
    recorded: ['account', 'of', 'type', 'thing', 'label'],
    ask: (db, asked) => loadHistory(db, scopeOf(asked, 'view'), readHistoryQuestion(asked)),
  },
  {
    path: 'what-changed/vocabulary',
    role: 'reader',
    rights: 'page',
    ask: (db, asked) => loadVocabulary(db, readAccount(asked)),
  },
  {
    path: 'what-changed/file',
    role: 'reader',
    rights: 'page',
    recorded: [...filterNames, 'form'],
    download: downloadChanges,
  },
];

async function downloadChanges(db: Database, asked: Asked): Promise<Download> {
  const scope = scopeOf(asked, 'file');
  const { account, now, timeZone } = scope;
  const form = readForm(asked);
  const report = await reportLog(
    { ...scope, db },
    { ...readChangesQuestion(asked), newestFirst: true, limit: undefined, fields: 'usual' },
  );
  const content = asked.asker.role === 'reader' ? withholdTickets(db, report) : report;
  return downloadReport({ ...content, account, generatedAt: now, timeZone }, form, 'changes');
}

/** The report without what people typed into tickets. */
function withholdTickets(db: Queryable, report: ReportContent): ReportContent {
  return { ...report, rows: blankTickets(db, report.rows) };
}

async function* blankTickets(
  db: Queryable,
  rows: AsyncIterable<ReportRow>,
): AsyncGenerator<ReportRow, void, undefined> {
  const known = new Map<unknown, boolean>();
  for await (const row of rows) {
    const { source_type: type = null } = row;
    if (!known.has(type)) known.set(type, await isOfTicket(db, type));
    yield known.get(type) === true ? { ...row, source_label: null, change_description: null } : row;
  }
}

async function isOfTicket(db: Queryable, type: unknown): Promise<boolean> {
  const [found] = await db.query<{ is: boolean }>('select zendesk_sync.is_of_ticket($1) as is', [
    type,
  ]);
  return found?.is === true;
}
