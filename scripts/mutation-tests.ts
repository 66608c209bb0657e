/** Which tests look for a fault in a file: those near it, the quick ones first, because the first that fails ends the search. */

const unit = (name: string): string => `test/unit/${name}.test.ts`;
const ingest = (name: string): string => `test/ingest/${name}.test.ts`;
const ledger = 'test/database/ledger.test.ts';

const near: Readonly<Record<string, readonly string[]>> = {
  'src/ingest/budget.ts': [unit('budget')],
  'src/ingest/budget-gate.ts': [ingest('budget-gate')],
  'src/ingest/clocks.ts': [unit('clocks'), ingest('clock')],
  'src/ingest/coverage.ts': [unit('coverage'), ledger],
  'src/ingest/fetch.ts': [ledger, ingest('ledger-races')],
  'src/ingest/fill-state.ts': [unit('fill-state')],
  'src/ingest/fill.ts': [ingest('backfill-faults'), ingest('rescan-ages'), ingest('losses')],
  'src/ingest/lease.ts': [ledger, ingest('ledger-races')],
  'src/ingest/lease-keeper.ts': [ingest('lease-keeper')],
  'src/ingest/page.ts': [ledger, ingest('ledger-races'), ingest('two-cursors')],
  'src/ingest/page-end.ts': [unit('page-end')],
  'src/ingest/plan.ts': [unit('plan')],
  'src/ingest/walk.ts': [unit('walk'), ingest('broken-walks')],
};

/** The tests for a file of the program; for one that has none of its own, those of its folder. */
export function chooseTests(file: string): readonly string[] {
  const own = near[file];
  if (own !== undefined) return own;
  if (file.startsWith('src/zendesk/')) return ['test/unit/zendesk-*.test.ts', 'test/zendesk'];
  if (file.startsWith('src/streams/')) return ['test/unit', 'test/streams/contract.test.ts'];
  return ['test/unit', 'test/ingest'];
}
