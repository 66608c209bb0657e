import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { canonicalRow, layOut, type CanonicalRow } from '../../src/evidence/row-leaf.ts';
import { readSelected, selectSealed, type SelectedRow } from '../../src/evidence/stored-rows.ts';
import { readRows } from '../../src/evidence/verification/row-source.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { assertSealed, listNoted } from '../support/sealed-rows.ts';
import { access, audit, withStore } from '../support/stored-pages.ts';

const always = { from: -Infinity, until: Infinity };

/** Members of records whose values Postgres writes in a way of its own. */
const odd = [
  `, "ip_address": "2001:DB8:0:0:1:0:0:1"`,
  `, "ip_address": "::FFFF:10.0.0.1"`,
  `, "ip_address": "0:0:0:0:0:0:0:0"`,
  `, "ip_address": "fe80:0:0:1:0:0:0:1"`,
  `, "ip_address": "10.0.0.1"`,
  `, "unheard": {"b": 1.50, "a": [1e2, 1E-7, -0.0, 1e400, 123456789012345678901234567890], "10": 1, "9": 2}`,
  `, "unheard": {"a": 1, "a": 2, "ü": "\\u0000", "__proto__": {"x": null}}`,
  `, "client": "tab\\t back\\\\slash\\n\\r \\u000b\\b\\f ünïcode 𝄞 \\ud800"`,
  `, "bytes_sent": 9223372036854775807, "method": "\\\\N", "referer": ""`,
  `, "bytes_sent": 1e30, "status": 99999`,
];

/** The canonical form of the rows that stand, as a verification reads them, and made of values that are selected. */
async function readBothWays(
  db: Database,
  stream: LogStream,
): Promise<readonly (readonly CanonicalRow[])[]> {
  const { table } = stream;
  const read: CanonicalRow[] = [];
  for await (const rows of readRows(db, stream, 'acme', always))
    read.push(...rows.map(({ canonical }) => canonical));
  const selected = await db.query<SelectedRow>(
    `select ${selectSealed(table)} from ${table.name} order by ${table.time}, ${table.id.name}`,
  );
  const layout = layOut(table);
  const made = selected
    .map(readSelected)
    .map(({ id, micros, row }) => canonicalRow(layout, id, micros, row));
  return [read, made];
}

describe('the manifest of a page', { concurrency: 2 }, () => {
  it('has the root over rows that go in by COPY', async () => {
    await withStore(async (db, store) => {
      const page = Array.from({ length: 600 }, (_, at) => access(`01A${1000 + at}`, 100 + at));
      await store(accessLogs, page.join());
      const noted = await listNoted(db, accessLogs);
      assert.deepEqual(
        noted.map(({ manifest }) => manifest),
        [
          {
            kind: 'page',
            fetch: '1',
            page: 1,
            span: [0, 100_000],
            rows: {
              count: 600,
              root: noted[0]?.manifest.rows.root,
              first: ['100000000', '01A1000'],
              last: ['699000000', '01A1599'],
            },
            days: { '1970-01-01': 600 },
            new: 600,
            late: 0,
            revisions: 0,
            quarantined: 0,
            covered: [[0, 100_000]],
          },
        ],
      );
      await assertSealed(db, accessLogs, noted);
    });
  });

  it('has the root over values that Postgres writes in a way of its own', async () => {
    await withStore(async (db, store) => {
      await store(accessLogs, odd.map((members, at) => access(`01${at}`, 50, members)).join());
      await store(
        auditLogs,
        [
          audit('9', '1970-01-01T00:00:01Z', ', "ip_address": "1::"'),
          audit('10', '1970-01-01T00:00:01Z', ', "change_description": "a\\nb", "source_id": "7"'),
          audit('11', '1970-01-01T00:00:01.0005Z', ', "actor_name": null'),
          audit('8', '1970-01-01T00:00:01.000400Z'),
          audit('12', '1970-01-01T01:00:01+01:00', ', "actor_id": -1'),
        ].join(),
      );
      for (const stream of [accessLogs, auditLogs]) {
        const noted = await listNoted(db, stream);
        assert.equal(noted.length, 1);
        await assertSealed(db, stream, noted);
        const [read, made] = await readBothWays(db, stream);
        assert.deepEqual(read, made);
      }
    });
  });

  it('has the root over such values in rows that go in by COPY', async () => {
    await withStore(async (db, store) => {
      const page = Array.from({ length: 600 }, (_, at) =>
        access(`01${1000 + at}`, 50 + at, odd[at % odd.length]),
      );
      await store(accessLogs, page.join());
      const noted = await listNoted(db, accessLogs);
      assert.equal(noted.length, 1);
      await assertSealed(db, accessLogs, noted);
      const [read = [], made = []] = await readBothWays(db, accessLogs);
      const inOrder = (rows: readonly CanonicalRow[]) =>
        rows.toSorted((a, b) => Number(a.micros) - Number(b.micros));
      assert.deepEqual(inOrder(read), inOrder(made));
    });
  });

  it('has the root over what stands after rows were changed, moved, or came twice', async () => {
    await withStore(async (db, store) => {
      await store(
        accessLogs,
        [access('01A', 10), access('01B', 10), access('01C', 11), access('01C', 40)].join(),
        [
          access('01D', 20),
          access('01D', 20, ', "method": "PUT"'),
          access('01A', 10, ', "method": "GET"'),
        ].join(),
        [access('01F', 30), access('01F', 90_000), access('01E', 30)].join(),
      );
      const noted = await listNoted(db, accessLogs);
      // What stands is that of the last page, and what no later page has touched.
      const [, , last] = noted;
      assert.ok(last);
      await assertSealed(db, accessLogs, [last]);
      assert.deepEqual(
        noted.map(({ manifest: { rows, days, new: added, revisions } }) => [
          rows.count,
          days,
          added,
          revisions,
        ]),
        [
          [3, { '1970-01-01': 3 }, 3, 1],
          [2, { '1970-01-01': 1 }, 1, 2],
          [2, { '1970-01-01': 1, '1970-01-02': 1 }, 2, 1],
        ],
      );
      assert.ok(noted.every(({ manifest }) => !('dropped' in manifest)));
      assert.deepEqual(
        await db.query(
          `select id, content ->> 'method' as method, extract(epoch from occurred_at)::integer as second
           from zendesk.revisions order by revision`,
        ),
        [
          { id: '01C', method: null, second: 11 },
          { id: '01A', method: null, second: 10 },
          { id: '01D', method: null, second: 20 },
          { id: '01F', method: null, second: 30 },
        ],
      );
    });
  });

  it('is written for a fetch that found nothing new, and not for a page on the way', async () => {
    await withStore(async (db, store) => {
      await store(accessLogs, access('01A', 10));
      await store(accessLogs, access('01A', 10), access('01A', 10));
      const noted = await listNoted(db, accessLogs);
      assert.deepEqual(
        noted.map(({ manifest }) => manifest.rows.count),
        [1, 0],
      );
      await assertSealed(db, accessLogs, noted);
      // Ids that are numbers, in their order.
      await store(auditLogs, ['9', '10'].map((id) => audit(id, '1970-01-01T00:00:01Z')).join());
      const [page] = await listNoted(db, auditLogs);
      assert.deepEqual([page?.manifest.rows.count, page?.manifest.new], [2, 2]);
    });
  });
});
