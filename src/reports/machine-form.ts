/** How machines get a report: keys, UTC times in ISO 8601, and local times beside them where a zone is asked for. */
import type { Report, ReportRow, ReportValue } from './report.ts';
import { createMomentFormat } from './time-zone.ts';

/** A value as every machine format can hold it. */
export type PlainValue = string | number | boolean | null;

/** A column and how its cell is read from a row. */
export type MachineColumn = {
  readonly key: string;
  readonly title: string;
  readonly read: (row: ReportRow) => PlainValue;
};

/** The columns for machines: each time is followed by `local_<key>` when the report has a time zone. */
export function listMachineColumns({
  columns,
  timeZone,
}: Pick<Report, 'columns' | 'timeZone'>): MachineColumn[] {
  const show = createMomentFormat(timeZone);
  return columns.flatMap(({ key, title, isTime }) => {
    const column = { key, title, read: (row: ReportRow) => toPlainValue(row[key]) };
    if (timeZone === undefined || isTime !== true) return [column];
    const readLocal = (row: ReportRow): PlainValue => {
      const value = row[key];
      return value instanceof Date ? show(value) : null;
    };
    return [column, { key: `local_${key}`, title: `${title} (${timeZone})`, read: readLocal }];
  });
}

/** A moment as ISO 8601 in UTC, to the second where it is a whole one; anything else as it is. */
export function toPlainValue(value: ReportValue | undefined): PlainValue {
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  return value ?? null;
}
