/** An evidence package of a span of time: rows with their proofs, for somebody who has nothing else. */
import type { Database } from '../../../database/client.ts';
import { refuseInput } from '../../../errors.ts';
import { formatVerifierKey } from '../../../evidence/forms/keys.ts';
import { writePackage } from '../../../reports/evidence-package/pack.ts';
import { fromSeconds } from '../../../span.ts';
import { listLogs } from '../../../streams/registry.ts';
import { readSpan } from '../../action.ts';
import { archiveOf } from '../../archive.ts';
import type { Asked, Download } from '../../question.ts';
import { writeWhileSent } from '../../report-file.ts';

/** Makes it while it is being sent. @throws {KnownError} `bad_input` before its first byte */
export async function makePackage(db: Database, asked: Asked): Promise<Download> {
  const { parameters, service, now } = asked;
  const account = parameters.get('account') ?? '';
  const name = parameters.get('stream') ?? '';
  const served = service.accounts.find((each) => each.account === account);
  const streams = listLogs(service.streams).filter((log) => name === '' || log.name === name);
  if (served === undefined || streams.length === 0)
    throw refuseInput(['The account or the stream is not one that this process follows.']);
  const span = readSpan(parameters.get('from'), parameters.get('until'));
  const question = {
    span: { from: fromSeconds(span.from), to: fromSeconds(span.to) },
    streams,
    filters: { agents: [], users: [], tickets: [], addresses: [] },
    witnessKeys: served.config.evidence.witnesses.map(({ key }) => formatVerifierKey(key)),
  };
  return {
    fileName: `${account}-${dayOf(question.span.from)}-${dayOf(question.span.to)}.zip`,
    type: 'application/zip',
    body: await writeWhileSent((write) =>
      writePackage(
        { db, account, now, timeZone: undefined, ...archiveOf(asked, account, 'file') },
        question,
        write,
        () => {},
      ),
    ),
  };
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
