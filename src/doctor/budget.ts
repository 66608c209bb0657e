/** Whether the clocks agree, and whether the request budgets fit what Zendesk grants. */
import type { LocalConfig } from '../config/config.ts';
import type { BudgetGroup } from '../streams/stream.ts';
import { ok, skipped, warning, type Check } from './check.ts';
import { countOf } from './figures.ts';

/** Clocks that differ by less than this agree. */
const toleratedMs = 5_000;

/** The difference to add to the local clock to get Zendesk's and the database's; undefined if not known. */
export function checkClock(zendeskMs: number | undefined, databaseMs: number | undefined): Check {
  const name = 'clock';
  const clocks = [
    { owner: "Zendesk's", skewMs: zendeskMs },
    { owner: "the database's", skewMs: databaseMs },
  ].filter((clock): clock is { owner: string; skewMs: number } => clock.skewMs !== undefined);
  if (clocks.length === 0) return skipped(name, 'there is no other clock to compare with');
  const wrong = clocks.filter(({ skewMs }) => Math.abs(skewMs) > toleratedMs);
  if (wrong.length === 0)
    return ok(name, `agrees with ${clocks.map(({ owner }) => owner).join(' and ')}`);
  return warning(
    name,
    wrong.map(({ owner, skewMs }) => describeSkew(owner, skewMs)).join('; '),
    'Use NTP on this machine and on the database server. Until then, nothing newer than the slowest of the three clocks counts as covered, and leases and budgets use the clock of the database.',
  );
}

function describeSkew(owner: string, skewMs: number): string {
  const seconds = countOf(Math.abs(skewMs) / 1000, 'second');
  return `${seconds} ${skewMs > 0 ? 'behind' : 'ahead of'} ${owner}`;
}

/** A budget above this share of the account's limit leaves little for the customer's other integrations. */
const largeShare = 0.5;

/** Compares the budgets of the pulled streams with the limits. `accountLimit`: requests per minute, undefined if not known. */
export function checkBudget(
  { budgets, shares, streams }: Pick<LocalConfig, 'budgets' | 'shares' | 'streams'>,
  accountLimit: number | undefined,
): Check {
  const name = 'budget';
  const judged = [...new Set(streams.map(({ budget }) => budget))].map((budget) => {
    const { title } = streams.find((stream) => stream.budget === budget) ?? { title: budget.name };
    const wanted = budgets[budget.name] ?? 0;
    const share = shares[budget.name];
    if (share !== undefined && accountLimit !== undefined)
      return {
        found: `up to ${Math.floor(share * accountLimit)} of the account's ${accountLimit} a minute`,
        wayOut: undefined,
      };
    return budget.grantedPerMinute === undefined
      ? judgeShare(budget, wanted, accountLimit)
      : judgeGrant(budget, wanted, budget.grantedPerMinute, title);
  });
  const found = judged.map((each) => each.found).join('; ');
  const ways = judged.flatMap(({ wayOut }) => wayOut ?? []);
  return ways.length === 0 ? ok(name, found) : warning(name, found, ways.join(' '));
}

/** What was found about one budget, and what to do. */
type Judgement = { readonly found: string; readonly wayOut: string | undefined };

function judgeShare(
  { setting }: BudgetGroup,
  wanted: number,
  accountLimit: number | undefined,
): Judgement {
  if (accountLimit === undefined)
    return {
      found: `${wanted} requests a minute; Zendesk did not say what the limit of the account is`,
      wayOut: undefined,
    };
  const share = wanted / accountLimit;
  return {
    found: `${Math.round(share * 100)}% of the account's ${accountLimit} requests a minute`,
    wayOut:
      share > largeShare
        ? `Set ${setting.name} to ${Math.floor(accountLimit * largeShare)} or less: all integrations of the account share that limit.`
        : undefined,
  };
}

function judgeGrant(
  { setting }: BudgetGroup,
  wanted: number,
  granted: number,
  title: string,
): Judgement {
  return {
    found: `${title} ${wanted} of ${granted}`,
    wayOut:
      wanted > granted
        ? `Set ${setting.name} to ${granted}: above that, Zendesk answers 429, which stops the ${title} for a minute.`
        : undefined,
  };
}
