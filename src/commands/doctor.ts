import { splitEnvironment } from '../config/every-account.ts';
import type { Environment } from '../config/texts.ts';
import { capitalize, type Check, type CheckState } from '../doctor/check.ts';
import { examine, type Examination } from '../doctor/examination.ts';
import { countOf, formatMinute } from '../doctor/figures.ts';
import type { CommandContext } from './context.ts';
import { checkConfigured, refuseAccount } from './environment.ts';
import { createConfigOptions } from './settings.ts';
import { paintState } from './terminal/colours.ts';
import { wrapText } from './terminal/text.ts';
import { toJson } from './terminal/words.ts';

export type DoctorFlags = { readonly account?: string; readonly json?: boolean };

/** Returns 0 if nothing has to be fixed, 2 if a setting is wrong, 1 for any other problem. */
export async function runDoctor(
  { env, print, signal, stdout, streams }: CommandContext,
  { account, json = false }: DoctorFlags,
): Promise<number> {
  checkConfigured(env);
  const outside = createConfigOptions(streams);
  const { now } = outside;
  const environments = chooseEnvironments(splitEnvironment(env, outside), account);
  const found: Examination[] = [];
  for (const environment of environments)
    found.push(await examine({ environment, ...outside, signal }));
  if (json) {
    const pages = found.map((examination) => toPage(examination, now));
    print(toJson(pages.length === 1 ? pages[0] : { ok: found.every(isWell), accounts: pages }));
  } else {
    print(found.map((examination) => renderPage(examination, now, stdout)).join('\n\n'));
  }
  if (found.some(({ hasSettings }) => !hasSettings)) return 2;
  return found.every(isWell) ? 0 : 1;
}

function chooseEnvironments(
  environments: readonly Environment[],
  account: string | undefined,
): readonly Environment[] {
  if (account === undefined) return environments;
  const keys = environments.map((environment) => environment['ZENDESK_SUBDOMAIN'] ?? '');
  // An entry without a subdomain is the environment; the examination reports that it is missing.
  const chosen = environments.filter((_, place) => [account, ''].includes(keys[place] ?? ''));
  if (chosen.length > 0) return chosen;
  throw refuseAccount(account, keys.join(', '));
}

function isWell({ checks }: Examination): boolean {
  return checks.every(({ state }) => state !== 'problem');
}

function toPage(examination: Examination, now: Date): Record<string, unknown> {
  const { account = null, origin = null, checks } = examination;
  return { account, origin, examined_at: now, ok: isWell(examination), checks: checks.map(toRow) };
}

function toRow({ name, state, found, wayOut }: Check): Record<string, string | null> {
  return { name, state, found, way_out: wayOut };
}

const pageWidth = 80;
const markWidth = 9;
const indent = ' '.repeat(markWidth);
/** The whole page, with colours if the stream shows them, without a line break at the end. */
export function renderPage(
  { account, origin, checks }: Pick<Examination, 'account' | 'origin' | 'checks'>,
  now: Date,
  stream: NodeJS.WritableStream,
): string {
  const place = account === undefined ? '' : `Account ${account}, ${origin ?? ''}, `;
  return [
    ...wrapText(capitalize(`${place}examined ${formatMinute(now)}`), pageWidth),
    '',
    ...checks.flatMap((check) => renderCheck(check, stream)),
    '',
    summarize(checks),
  ].join('\n');
}

/** The number of checks with each result, in one line. */
function summarize(checks: readonly Check[]): string {
  const count = (state: CheckState): number =>
    checks.filter((check) => check.state === state).length;
  const problems = count('problem');
  const parts = [
    `${count('ok')} ok`,
    countOf(count('warning'), 'warning'),
    countOf(problems, 'problem'),
    `${count('skipped')} skipped`,
  ];
  const verdict =
    problems === 0
      ? 'nothing has to be fixed'
      : `fix the ${problems === 1 ? 'problem' : 'problems'}`;
  return `${countOf(checks.length, 'check')}: ${parts.join(', ')}; ${verdict}.`;
}

function renderCheck(
  { name, state, found, wayOut }: Check,
  stream: NodeJS.WritableStream,
): string[] {
  const mark = state.padEnd(markWidth);
  const text = `${capitalize(name)}: ${found}`;
  const [first = '', ...more] = wrapLines(text, pageWidth - markWidth);
  const way = wayOut === null ? [] : wrapLines(wayOut, pageWidth - markWidth - 3);
  return [
    `${paintState(mark, stream)}${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...way.map((line, place) => `${indent}${place === 0 ? '-> ' : '   '}${line}`),
  ];
}

function wrapLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapText(line, width));
}
