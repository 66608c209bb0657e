/** Records of a log in its tables, as pulling stores them. */
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import type { Classify } from '../../src/classification/classification.ts';
import type { Database, Transaction } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { markStaleDays } from '../../src/ingest/stale-days.ts';
import { askAboutRows } from '../../src/ingest/page-at-once.ts';
import { copyUnstored, describeUnstored, foundNothing } from '../../src/ingest/rows/unstored.ts';
import { writeRows, type WriteOptions } from '../../src/ingest/rows/rows.ts';
import type { PageCounts } from '../../src/ingest/rows/written.ts';
import type { LogStream } from '../../src/streams/stream.ts';

/** What a request was about, by only the rules of the program. */
export const usualClassify = createClassifier(accessRules);

export type StoreOptions = Partial<WriteOptions> & {
  /** False for the upsert even of rows that are all new. Default true. */
  readonly mayCopy?: boolean;
  readonly account?: string;
  readonly classify?: Classify;
  /** Gets the transaction that writes; default: unchanged. */
  readonly watch?: (tx: Transaction) => Transaction;
};

/** Stores records as a page, and marks their days for the rollups. */
export async function storeRecords(
  db: Database,
  stream: LogStream,
  records: readonly unknown[],
  options: StoreOptions = {},
): Promise<PageCounts> {
  const { account = 'acme', classify = usualClassify, watch = (tx: Transaction) => tx } = options;
  const { covered = [], mayCopy = true } = options;
  // As in an answer: without undefined fields.
  const sent = JSON.parse(JSON.stringify(records)) as unknown[];
  const rows = readRecords(stream, classify, sent);
  await createPartitionKeeper(db)(
    stream.table,
    rows.map(({ timeMs }) => timeMs),
  );
  return db.transaction(async (tx) => {
    const questions = mayCopy ? askAboutRows(stream, account, { rows }, false) : [];
    const [stored] = await tx.queryAll(questions);
    const written = foundNothing(stored)
      ? await copyUnstored(watch(tx), stream.table, account, rows).then(() =>
          describeUnstored(rows, covered),
        )
      : await writeRows(watch(tx), stream, account, rows, { covered });
    await markStaleDays(tx, account, stream, rows);
    return written.counts;
  });
}
