/** Which tests look for a fault in a file: those near it, the quick ones first, because the first that fails ends the search. */

const unit = (name: string): string => `test/unit/${name}.test.ts`;
const ingest = (name: string): string => `test/ingest/${name}.test.ts`;
const zendesk = (name: string): string => `test/zendesk/${name}.test.ts`;
const ledger = 'test/database/ledger.test.ts';

const near: Readonly<Record<string, readonly string[]>> = {
  'src/ingest/beginning.ts': [ingest('beginning')],
  'src/ingest/budget-gate.ts': [ingest('budget-gate')],
  'src/ingest/budget.ts': [unit('budget')],
  'src/ingest/clocks.ts': [unit('clocks'), ingest('clock')],
  'src/ingest/coverage.ts': [unit('coverage'), ledger],
  'src/ingest/fetch.ts': [ledger, ingest('ledger-races')],
  'src/ingest/fill-state.ts': [unit('fill-state')],
  'src/ingest/fill.ts': [ingest('rescan-ages'), ingest('parallel-cursors'), ingest('losses')],
  'src/ingest/follow.ts': [ingest('asked-at'), ingest('beginning'), ingest('clock')],
  'src/ingest/future.ts': [ingest('ledger-races'), ingest('clock')],
  'src/ingest/lease-keeper.ts': [ingest('lease-keeper')],
  'src/ingest/lease.ts': [ledger, ingest('ledger-races')],
  'src/ingest/losses.ts': [ingest('losses'), ingest('ledger-races')],
  'src/ingest/page-end.ts': [unit('page-end')],
  'src/ingest/page-sizes.ts': [unit('page-sizes')],
  'src/ingest/page.ts': [ingest('page-store'), ingest('two-cursors')],
  'src/ingest/plan.ts': [unit('plan'), unit('page-times')],
  'src/ingest/quarantine.ts': [ingest('quarantine'), ingest('people-quarantine')],
  'src/ingest/row-counts.ts': [ingest('losses'), ingest('ledger-races')],
  'src/ingest/seen.ts': [unit('walk')],
  'src/ingest/span-reader.ts': [ingest('asked-at'), ingest('full-pages'), ingest('broken-walks')],
  'src/ingest/stored-rows.ts': [ledger, ingest('losses')],
  'src/ingest/order.ts': [unit('order'), unit('walk')],
  'src/ingest/walk.ts': [unit('walk'), ingest('broken-walks')],
  'src/span.ts': [unit('span')],
  'src/streams/fields.ts': [unit('record'), unit('moment')],
  'src/streams/moment.ts': [unit('moment')],
  'src/zendesk/answer.ts': [unit('zendesk-answer'), unit('zendesk-body'), zendesk('faults')],
  'src/zendesk/body.ts': [unit('zendesk-body')],
  'src/zendesk/clock.ts': [unit('zendesk-clock')],
  'src/zendesk/login.ts': [unit('zendesk-login'), zendesk('login')],
  'src/zendesk/paging.ts': [unit('zendesk-paging')],
  'src/zendesk/rate-limit.ts': [unit('zendesk-rate-limit')],
  'src/zendesk/refusal.ts': [unit('zendesk-refusal'), zendesk('faults')],
  'src/zendesk/retry.ts': [unit('zendesk-retry'), unit('zendesk-refusal')],
};

/** The tests for a file of the program; for one that has none of its own, those of its folder. */
export function chooseTests(file: string): readonly string[] {
  const own = near[file];
  if (own !== undefined) return own;
  if (file.startsWith('src/zendesk/')) return ['test/unit/zendesk-*.test.ts', 'test/zendesk'];
  if (file.startsWith('src/streams/')) return ['test/unit', 'test/streams/contract.test.ts'];
  return ['test/unit', 'test/ingest'];
}
