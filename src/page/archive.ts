/** The archive for questions of the page: each reads so much of it, and so long, that the service can continue its work. */
import { limitReading, type ReadingLimits } from '../reports/shared/limited-archive.ts';
import type { ReportScope } from '../reports/shared/report.ts';
import { readAccount, readZone } from './parameters.ts';
import type { Asked } from './question.ts';

const ofView: ReadingLimits = { mostMs: 8000, mostBytes: 400_000_000 };
/** A file is made beside the views, one at a time, and read as it is sent. */
const ofFile: ReadingLimits = { mostMs: 600_000, mostBytes: 20_000_000_000 };
/** They are sent with each statement of the answer. */
const mostRows = 20_000;

/** The archive of an account, for one answer. */
export function archiveOf(
  { service }: Pick<Asked, 'service'>,
  account: string,
  use: 'view' | 'file',
): Pick<ReportScope, 'archive'> {
  const { archive, viewLimits = ofView } =
    service.accounts.find((each) => each.account === account) ?? {};
  if (archive === undefined) return {};
  const { store } = archive;
  const limited = store && limitReading(store, use === 'view' ? viewLimits : ofFile);
  return { archive: { ...archive, store: limited, ...(use === 'view' && { mostRows }) } };
}

/** The account, the time and the archive that a question of the page is about. */
export function scopeOf(asked: Asked, use: 'view' | 'file') {
  const account = readAccount(asked);
  return {
    account,
    now: asked.now,
    timeZone: readZone(asked),
    ...archiveOf(asked, account, use),
  };
}
