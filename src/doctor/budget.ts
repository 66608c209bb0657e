/** Whether the clocks agree, and whether the request budgets fit what Zendesk grants. */
import type { LocalConfig } from '../config.ts';
import { grantedAccessLogRequests } from '../config/zendesk.ts';
import { ok, skipped, warning, type Check } from './check.ts';
import { countOf } from './figures.ts';

/** As much as the client of Zendesk tolerates before it trusts Zendesk's clock alone. */
const toleratedMs = 5_000;

/** What has to be added to the local clock to have Zendesk's and the database's; undefined where it is not known. */
export function checkClock(zendeskMs: number | undefined, databaseMs: number | undefined): Check {
  const name = 'clock';
  const clocks = [
    { owner: "Zendesk's", skewMs: zendeskMs },
    { owner: "the database's", skewMs: databaseMs },
  ].filter((clock): clock is { owner: string; skewMs: number } => clock.skewMs !== undefined);
  if (clocks.length === 0) return skipped(name, 'there is no other clock to compare it with');
  const wrong = clocks.filter(({ skewMs }) => Math.abs(skewMs) > toleratedMs);
  if (wrong.length === 0)
    return ok(name, `agrees with ${clocks.map(({ owner }) => owner).join(' and ')}`);
  return warning(
    name,
    wrong.map(({ owner, skewMs }) => describeSkew(owner, skewMs)).join('; '),
    "Keep this machine's time, and that of the database, by NTP. Until then spans go by Zendesk's clock, leases and budgets by the database's.",
  );
}

function describeSkew(owner: string, skewMs: number): string {
  const seconds = countOf(Math.abs(skewMs) / 1000, 'second');
  return `${seconds} ${skewMs > 0 ? 'behind' : 'ahead of'} ${owner}`;
}

/** A budget beyond this part of the account's limit leaves little to the customer's other integrations. */
const largeShare = 0.5;

/** Compares the budgets of what is pulled with the limits. `accountLimit`: requests per minute, undefined where not told. */
export function checkBudget(
  { budgets, streams }: Pick<LocalConfig, 'budgets' | 'streams'>,
  accountLimit: number | undefined,
): Check {
  const name = 'budget';
  const found: string[] = [];
  const ways: string[] = [];
  if (streams.names.some((stream) => stream !== 'access_logs')) {
    const { support } = budgets;
    const share = accountLimit === undefined ? 0 : support / accountLimit;
    found.push(
      accountLimit === undefined
        ? `${support} requests a minute; Zendesk did not tell the account's limit`
        : `${Math.round(share * 100)}% of the account's ${accountLimit} requests a minute`,
    );
    if (accountLimit !== undefined && share > largeShare)
      ways.push(
        `Set SUPPORT_REQUESTS_PER_MINUTE to ${Math.floor(accountLimit * largeShare)} or less: all integrations of the account share that limit.`,
      );
  }
  if (streams.names.includes('access_logs')) {
    found.push(`access log ${budgets.access_logs} of ${grantedAccessLogRequests}`);
    if (budgets.access_logs > grantedAccessLogRequests)
      ways.push(
        `Set ACCESS_LOGS_REQUESTS_PER_MINUTE to ${grantedAccessLogRequests}: more is answered with 429, which stops the access log for a minute.`,
      );
  }
  const sentence = found.join('; ');
  return ways.length === 0 ? ok(name, sentence) : warning(name, sentence, ways.join(' '));
}
