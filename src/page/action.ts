/** What can be done in the page, and how it is read from a request. Pure. */
import { refuseInput } from '../errors.ts';
import { toSeconds, type Span } from '../span.ts';
import { listLogs } from '../streams/registry.ts';
import type { PageService } from './service.ts';

/** Something that somebody wants done. */
export type Action = { readonly account: string } & (
  | {
      /** Reads what is not stored of a span, if Zendesk still has it. */
      readonly kind: 'read';
      readonly stream: string;
      readonly span: Span;
    }
  | { readonly kind: 'verify'; readonly depth: 'quick' | 'deep' }
  /** Compares a random sample of a log with Zendesk. */
  | { readonly kind: 'reconcile'; readonly stream: string }
  | {
      readonly kind: 'acknowledge';
      readonly findings: readonly string[];
      readonly note: string;
    }
);

/** Does it, or begins it; resolves with a sentence about what happens. `by` is who wants it. */
export type Perform = (action: Action, by: string) => Promise<string>;

type Fields = Readonly<Record<string, unknown>>;

const longestNote = 2000;
const mostFindings = 500;

/**
 * Reads an action of this kind from the fields of a request.
 *
 * @throws {KnownError} `bad_input` with a sentence for the first wrong field
 */
export function readAction(
  kind: string,
  fields: Fields,
  service: Pick<PageService, 'streams' | 'accounts'>,
): Action {
  const account = readAccount(fields, service);
  switch (kind) {
    case 'read':
      return {
        kind,
        account,
        stream: readLog(fields, service),
        span: readSpan(fields['from'], fields['until']),
      };
    case 'verify': {
      const { depth } = fields;
      if (depth !== 'quick' && depth !== 'deep') throw refuse('depth', depth, 'Use quick or deep');
      return { kind, account, depth };
    }
    case 'reconcile':
      return { kind, account, stream: readLog(fields, service) };
    case 'acknowledge':
      return { kind, account, findings: readFindings(fields['findings']), note: readNote(fields) };
    default:
      throw refuseInput(['Nothing of this name can be done.']);
  }
}

function readAccount({ account }: Fields, { accounts }: Pick<PageService, 'accounts'>): string {
  const known = accounts.map((each) => each.account);
  if (typeof account === 'string' && known.includes(account)) return account;
  throw refuse('account', account, `This process follows ${known.join(', ')}`);
}

function readLog({ stream }: Fields, { streams }: Pick<PageService, 'streams'>): string {
  const names = listLogs(streams).map(({ name }) => name);
  if (typeof stream === 'string' && names.includes(stream)) return stream;
  throw refuse('stream', stream, `Use ${names.join(' or ')}`);
}

/** A span in whole seconds from two moments in ISO 8601. @throws {KnownError} `bad_input` */
export function readSpan(from: unknown, until: unknown): Span {
  const span = { from: readSecond('from', from), to: readSecond('until', until) };
  if (span.from < span.to) return span;
  throw refuseInput(['from is not before until. Swap the two.']);
}

function readSecond(name: string, value: unknown): number {
  const isMoment = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
  const moment = new Date(isMoment ? value : Number.NaN);
  if (Number.isNaN(moment.getTime()))
    throw refuse(name, value, 'Use a time such as 2026-01-31T08:00:00Z');
  return toSeconds(moment);
}

function readFindings(value: unknown): readonly string[] {
  const ids: readonly unknown[] = Array.isArray(value) ? value : [];
  const found = ids.filter((id) => typeof id === 'string' && id.length <= 100 && isStorable(id));
  if (found.length === ids.length && ids.length > 0 && ids.length <= mostFindings)
    return found as readonly string[];
  throw refuseInput([`findings is not a list of 1 to ${mostFindings} ids of findings.`]);
}

function readNote({ note }: Fields): string {
  const text = typeof note === 'string' ? note.trim() : '';
  if (!isStorable(text)) throw refuseInput(['The reason has a character that no text has.']);
  if (text !== '' && text.length <= longestNote) return text;
  throw refuseInput([
    `The reason is missing, or longer than ${longestNote} characters. Write why.`,
  ]);
}

/** Postgres has no other text. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function refuse(name: string, value: unknown, advice: string): Error {
  const found = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : 'missing';
  return refuseInput([`${name} is ${found}. ${advice}.`]);
}
