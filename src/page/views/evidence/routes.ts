/** The addresses of the evidence view. */
import { refuseInput } from '../../../errors.ts';
import { loadHead } from '../../../evidence/anchoring/head.ts';
import { listLogKeys } from '../../../evidence/key-history.ts';
import type { AnyQuestion } from '../../question.ts';
import { loadEvidence } from './load-evidence.ts';
import { makePackage } from './make-package.ts';

export const evidenceQuestions: readonly AnyQuestion[] = [
  {
    path: 'evidence',
    role: 'reader',
    rights: 'page',
    ask: (db, { parameters }) => loadEvidence(db, parameters.get('account') || undefined),
  },
  {
    path: 'evidence/checkpoint',
    role: 'reader',
    rights: 'page',
    async download(db, { parameters }) {
      const account = parameters.get('account') ?? '';
      const head = await loadHead(db, account);
      if (head === undefined) throw refuseLog(account);
      return textOf(`${account}-checkpoint-${head.checkpoint.size}.txt`, head.note);
    },
  },
  {
    path: 'evidence/key',
    role: 'reader',
    rights: 'page',
    async download(db, { parameters }) {
      const account = parameters.get('account') ?? '';
      const keys = (await listLogKeys(db)).filter((each) => each.account === account);
      if (keys.length === 0) throw refuseLog(account);
      return textOf(`${account}.vkey`, `${keys.map(({ key }) => key).join('\n')}\n`);
    },
  },
  {
    path: 'evidence/package',
    role: 'investigator',
    rights: 'program',
    recorded: ['account', 'stream', 'from', 'until'],
    download: makePackage,
  },
];

function textOf(fileName: string, text: string) {
  return { fileName, type: 'text/plain; charset=utf-8', body: Buffer.from(text) };
}

function refuseLog(account: string): Error {
  return refuseInput([`There is no sealed log of the account ${JSON.stringify(account)}.`]);
}
