/** The addresses of the view that says who looked. */
import type { Database } from '../../../database/client.ts';
import { formatVerifierKey } from '../../../evidence/forms/keys.ts';
import { writePackage } from '../../../reports/evidence-package/pack.ts';
import { listLogs } from '../../../streams/registry.ts';
import { scopeOf } from '../../archive.ts';
import { readAccount, readOffset } from '../../parameters.ts';
import type { AnyQuestion, Asked, Download } from '../../question.ts';
import { downloadReport, readForm, writeWhileSent } from '../../report-file.ts';
import { loadMeanings } from './load-meanings.ts';
import { loadWholeOrPart } from './load-part.ts';
import { loadVisits } from './load-visits.ts';
import { describeSealedLog } from './sealed.ts';
import { filterBy, readVisitsQuestion, reportVisits } from './visits.ts';

/** Lists, searches and exports of a long time range are looked for one by one. */
const limitMs = 10_000;

export const whoLookedQuestions: readonly AnyQuestion[] = [
  {
    path: 'who-looked/meanings',
    role: 'reader',
    rights: 'page',
    recorded: ['account', 'text'],
    ask: (db, asked) => loadMeanings(db, readAccount(asked), asked.parameters.get('text') ?? ''),
  },
  {
    path: 'who-looked/visits',
    role: 'reader',
    rights: 'page',
    limitMs,
    recorded: ['account', 'kind', 'id', 'tier', 'from', 'to', 'offset'],
    ask: (db, asked) => {
      const scope = scopeOf(asked, 'view');
      const question = readVisitsQuestion(asked);
      const shown = { role: asked.asker.role, offset: readOffset(asked) };
      return loadWholeOrPart(db, scope.account, question.span, (span) =>
        loadVisits(db, scope, { ...question, span }, shown),
      );
    },
  },
  {
    path: 'who-looked/sealed',
    role: 'reader',
    rights: 'page',
    ask: async (db, asked) => ({ sentence: await describeSealedLog(db, readAccount(asked)) }),
  },
  {
    path: 'who-looked/file',
    role: 'reader',
    rights: 'page',
    recorded: ['account', 'kind', 'id', 'tier', 'from', 'to', 'form'],
    download: downloadVisits,
  },
  {
    // Its rows are whole, with what people typed.
    path: 'who-looked/package',
    role: 'investigator',
    rights: 'program',
    recorded: ['account', 'kind', 'id', 'from', 'to'],
    download: downloadPackage,
  },
];

async function downloadVisits(db: Database, asked: Asked): Promise<Download> {
  const scope = scopeOf(asked, 'file');
  const question = readVisitsQuestion(asked);
  const form = readForm(asked);
  const report = await reportVisits({ ...scope, db }, question, asked.asker.role);
  const { account, now: generatedAt, timeZone } = scope;
  const name = `${question.kind}-${question.id}${question.tier === 'confirmed' ? '' : `-${question.tier}`}`;
  return downloadReport({ ...report, account, generatedAt, timeZone }, form, name);
}

async function downloadPackage(db: Database, asked: Asked): Promise<Download> {
  const scope = scopeOf(asked, 'file');
  const visits = readVisitsQuestion(asked);
  const { service } = asked;
  const served = service.accounts.find(({ account }) => account === scope.account);
  const question = {
    span: visits.span,
    streams: listLogs(service.streams),
    filters: filterBy(visits),
    witnessKeys: (served?.config.evidence.witnesses ?? []).map(({ key }) => formatVerifierKey(key)),
  };
  return {
    fileName: `${scope.account}-${visits.kind}-${visits.id}-evidence.zip`,
    type: 'application/zip',
    body: await writeWhileSent((write) =>
      writePackage({ ...scope, db }, question, write, () => {}),
    ),
  };
}
