/** Records that are read one by one and not stored: if one cannot be read, only that one is missing, and it is reported. */
import { nameRecord, quarantineRecord } from './quarantine.ts';

/** The result for some records. */
type EachRecord<Read> = {
  readonly read: readonly Read[];
  /** Why each of the others could not be read, with the name of the record, as a clause. */
  readonly unreadable: readonly string[];
};

/** Where the name of a record is. */
type Names = { readonly id: string; readonly time: string };

/** Reads each record separately. */
export function readEach<Read>(
  records: readonly unknown[],
  read: (record: unknown) => Read,
  names: Names = { id: 'id', time: 'created_at' },
): EachRecord<Read> {
  const good: Read[] = [];
  const unreadable: string[] = [];
  for (const [index, record] of records.entries()) {
    try {
      good.push(read(record));
    } catch (error) {
      const fields = (record ?? {}) as Readonly<Record<string, unknown>>;
      const hints = { id: fields[names.id], time: fields[names.time] };
      const refused = quarantineRecord(error, index + 1, Buffer.alloc(0), hints);
      unreadable.push(`${nameRecord(refused)}: ${refused.reason.replace(/\.$/, '')}`);
    }
  }
  return { read: good, unreadable };
}

/** One clause about the records that could not be read; undefined if all could. */
export function describeUnreadable(unreadable: readonly string[]): string | undefined {
  const [first] = unreadable;
  if (first === undefined) return undefined;
  return unreadable.length === 1
    ? `one record cannot be read (${first})`
    : `${unreadable.length} records cannot be read (the first: ${first})`;
}
