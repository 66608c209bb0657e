import { splitEnvironment } from '../config/every-account.ts';
import type { Environment } from '../config/texts.ts';
import type { Check } from '../doctor/check.ts';
import { examine, type Examination } from '../doctor/examination.ts';
import { refuseInput } from '../errors.ts';
import { createConfigOptions } from './context.ts';
import { renderPage } from './doctor-page.ts';
import type { ReportContext } from './report-run.ts';
import { toJson } from './report.ts';

/** How `doctor` was asked to work. */
export type DoctorFlags = { readonly account?: string; readonly json?: boolean };

/**
 * `doctor`: checks the installation, account by account, and says what to do. Writes nothing.
 *
 * @returns 0 when nothing has to be fixed, 2 when a setting is wrong, 1 when anything else is
 */
export async function runDoctor(
  { env, print, signal, stdout, streams }: ReportContext,
  { account, json = false }: DoctorFlags,
): Promise<number> {
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
    const colored = stdout.isTTY && (env['NO_COLOR'] ?? '') === '';
    print(found.map((examination) => renderPage(examination, now, colored)).join('\n\n'));
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
  // One without a subdomain is the environment, of which the examination says that it lacks it.
  const chosen = environments.filter((_, place) => [account, ''].includes(keys[place] ?? ''));
  if (chosen.length > 0) return chosen;
  throw refuseInput([
    `--account is ${JSON.stringify(account)}, which the settings do not have; expected ${keys.join(', ')}; name one of these.`,
  ]);
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
