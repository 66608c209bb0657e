import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseNewest, loadWholeOrPart } from '../../src/page/views/who-looked/load-part.ts';
import type { ReportSpan } from '../../src/reports/shared/report.ts';
import { withLedger } from '../support/ledger.ts';

const at = (text: string): Date => new Date(`2026-11-${text}Z`);
const span: ReportSpan = { from: at('01T06:00:00'), to: at('04T12:00:00') };
const day = (number: string, rows: number) => ({ day: at(`${number}T00:00:00`), rows });

describe('the newest part of a time range', () => {
  it('is as many whole days as people wait for', () => {
    const days = [day('04', 90_000), day('03', 90_000), day('02', 90_000)];
    assert.deepEqual(chooseNewest(span, days), { from: at('03T00:00:00'), to: span.to });
  });

  it('is the last hours of a day with too many requests', () => {
    const days = [day('04', 1_600_000), day('03', 10)];
    assert.deepEqual(chooseNewest(span, days), { from: at('04T09:00:00'), to: span.to });
    // A day without requests after it costs nothing.
    assert.deepEqual(chooseNewest(span, [day('03', 1_600_000)]), {
      from: at('03T21:00:00'),
      to: span.to,
    });
  });

  it('is none where the whole has no more than that', () => {
    assert.equal(chooseNewest(span, [day('04', 10), day('01', 10)]), undefined);
    assert.equal(chooseNewest(span, []), undefined);
  });
});

describe('an answer that takes too long', () => {
  it('is given for the newest part, and says where the whole begins', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk_sync.stored_rows (account, stream, day, rows)
         select 'acme', 'access_logs', d, 150000 from unnest('{2026-11-02,2026-11-03,2026-11-04}'::date[]) as d`,
      );
      const asked: ReportSpan[] = [];
      const found = await db.transaction((tx) =>
        loadWholeOrPart(
          tx,
          'acme',
          span,
          async (part) => {
            asked.push(part);
            if (asked.length === 1) await tx.query('select pg_sleep(60)');
            return part;
          },
          500,
        ),
      );
      assert.deepEqual(found, { from: at('04T00:00:00'), to: span.to, askedFrom: span.from });
      assert.deepEqual(asked, [span, { from: at('04T00:00:00'), to: span.to }]);
    });
  });
});
