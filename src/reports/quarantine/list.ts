/** The records in quarantine: one line each, without their content. */
import type { ReportColumn, ReportContent, ReportScope } from '../shared/report.ts';

/** Which records are listed. */
type QuarantineQuestion = {
  /** Undefined: of all streams. */
  readonly stream: string | undefined;
};

const columns: readonly ReportColumn[] = [
  { key: 'number', title: 'Number', align: 'right', type: 'integer', isWhole: true },
  { key: 'stream', title: 'Stream' },
  { key: 'record_id', title: 'Record', isWhole: true },
  { key: 'record_time', title: 'Its time' },
  { key: 'first_seen', title: 'First seen', isTime: true },
  { key: 'last_seen', title: 'Last seen', isTime: true, isOptional: true },
  { key: 'times_seen', title: 'Times', align: 'right', type: 'integer', isOptional: true },
  { key: 'bytes', title: 'Bytes', align: 'right', type: 'integer', isOptional: true },
  { key: 'code', title: 'Code', isOptional: true },
  { key: 'reason', title: 'Why' },
];

/** The records in quarantine, oldest first. */
export async function reportQuarantine(
  { db, account }: ReportScope,
  { stream }: QuarantineQuestion,
): Promise<ReportContent> {
  const values = [account, stream ?? null];
  const which = `account = $1 and ($2::text is null or stream = $2)`;
  const [found] = await db.query<{ records: number }>(
    `select count(*)::integer as records from zendesk_sync.quarantine where ${which}`,
    values,
  );
  const records = found?.records ?? 0;
  return {
    title: `Records in quarantine${stream === undefined ? '' : `, ${stream}`}`,
    columns,
    rows: db.read(
      `select id::text as number, stream, record_id, record_time, first_seen, last_seen, times_seen,
         octet_length(content) as bytes, code, reason
       from zendesk_sync.quarantine where ${which}
       order by id`,
      values,
    ),
    statement: {
      coverage: [
        records === 0
          ? 'All records that were read are stored.'
          : `${records === 1 ? 'One record' : `${records} records`} could not be stored. All other records of their pages are stored.`,
      ],
      gaps: [],
      limits: [],
      notes: records === 0 ? [] : ['"quarantine show" prints a record as Zendesk sent it.'],
    },
  };
}
