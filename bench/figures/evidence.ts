import { createProver } from '../../src/evidence/proving/prover.ts';
import { loadSealedHead } from '../../src/evidence/proving/head.ts';
import {
  inUtc,
  readSelected,
  selectSealed,
  type SelectedRow,
} from '../../src/evidence/stored-rows.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Database } from '../../src/database/client.ts';
import type { Effort, Line } from '../figure.ts';
import { summarize } from '../samples.ts';

const leastRows = 100_000;
const mostBytes = 1;
const mostProofMs = 50;
const mostProofBytes = 2048;
const account = 'acme';
const { table } = accessLogs;

/** How many rows of the access log are stored, and the bytes of all tables and indexes of the sealed log. */
type StoredEvidence = { readonly rows: number; readonly bytes: number };

/**
 * What the evidence beside the stored rows of the access log takes, and how long it takes to use it. `few` is what a
 * smaller log has taken: each table and index has a first block, however little is in it.
 */
export async function measureEvidence(
  db: Database,
  effort: Effort,
  few: StoredEvidence,
): Promise<Line[]> {
  const { rows, bytes: allBytes } = await sizeEvidence(db);
  const bytes = (allBytes - few.bytes) / (rows - few.rows);
  const of = `${rows.toLocaleString('en-US')} rows`;
  const rates: number[] = [];
  for (let round = 0; round < (effort === 'tiny' || rows > 1e6 ? 1 : 3); round += 1)
    rates.push(await verify(db, rows));
  const rate = summarize(rates);
  const proofs = await prove(db, effort === 'tiny' ? 3 : 50);
  const time = summarize(proofs.map(({ ms }) => ms));
  const size = summarize(proofs.map((proof) => proof.bytes));
  return [
    {
      figure: `verify --deep (${of})`,
      target: `≥ ${leastRows.toLocaleString('en-US')} rows/s`,
      summary: rate,
      unit: 'rows/s',
      reached: rate.median >= leastRows,
    },
    {
      figure: `Evidence beside the rows in Postgres (${of})`,
      target: `≤ ${mostBytes} byte a row`,
      summary: summarize([bytes]),
      unit: 'bytes a row',
      reached: bytes <= mostBytes,
    },
    {
      figure: `Proof of a row, nothing of it read before (${of})`,
      target: `≤ ${mostProofMs} ms`,
      summary: time,
      unit: 'ms',
      reached: time.median <= mostProofMs,
    },
    {
      figure: '  its size',
      target: `≤ ${mostProofBytes} bytes`,
      summary: size,
      unit: 'bytes',
      reached: size.high <= mostProofBytes,
    },
  ];
}

async function verify(db: Database, rows: number): Promise<number> {
  const started = performance.now();
  const verified = await verifyHistory(db, {
    account,
    streams: [accessLogs],
    isWhole: true,
    deep: true,
    anchors: [],
    report: () => {},
    signal: new AbortController().signal,
  });
  const seconds = (performance.now() - started) / 1000;
  const [finding] = verified?.findings ?? [];
  if (finding !== undefined) throw new Error(finding.sentence);
  return rows / seconds;
}

/** Measures the tables and indexes as they stand. */
export async function sizeEvidence(db: Database): Promise<StoredEvidence> {
  await db.query('vacuum zendesk_evidence.pending');
  const [measured] = await db.query<StoredEvidence>(
    `select (select count(*)::float8 from ${table.name}) as rows, sum(pg_relation_size(c.oid))::float8 as bytes
     from pg_class c
     where c.relnamespace = 'zendesk_evidence'::regnamespace
       or c.oid in (select reltoastrelid from pg_class where relnamespace = 'zendesk_evidence'::regnamespace)`,
  );
  if (measured === undefined) throw new Error('The sealed log has no tables.');
  return measured;
}

/** Proves rows spread over the whole log, each as if it were the only one. */
async function prove(
  db: Database,
  count: number,
): Promise<readonly { readonly ms: number; readonly bytes: number }[]> {
  const { name, time, id } = table;
  const keys = await db.query<{ time: Date; id: string }>(
    `select found.time, found.id
     from (select min(${time}) as first, max(${time}) as last from ${name} where account = $1) as log,
       generate_series(0, $2::integer - 1) as part,
       lateral (
         select ${time} as time, ${id.name} as id from ${name}
         where account = $1 and ${time} >= log.first + (log.last - log.first) * part / $2
         order by ${time}, ${id.name} limit 1
       ) as found`,
    [account, count],
  );
  const proofs: { ms: number; bytes: number }[] = [];
  for (const key of keys) {
    const started = performance.now();
    const head = await loadSealedHead(db, account);
    const [row] = await db.query<SelectedRow>(
      `select ${selectSealed(table)}, ${inUtc('synced_at')} as "$storedAt"
       from ${table.name} where account = $1 and ${table.time} = $2 and ${table.id.name} = $3`,
      [account, key.time, key.id],
    );
    if (head === undefined || row === undefined) throw new Error('Nothing is sealed.');
    const { $storedAt, ...selected } = row;
    const proven = await createProver(db, head)(accessLogs, {
      ...readSelected(selected),
      storedAt: $storedAt ?? '',
    });
    if ('reason' in proven) throw new Error(`Row ${key.id} has no proof: ${proven.reason}.`);
    proofs.push({ ms: performance.now() - started, bytes: Buffer.byteLength(proven.proof) });
  }
  return proofs;
}
