/** Columns and values for programs: UTC times, and local times beside them if a zone is given. */
import type { Report, ReportColumn, ReportRow, ReportValue } from '../shared/report.ts';
import { createMomentFormat } from '../shared/time-zone.ts';

/** A value that every form can hold. */
export type PlainValue = string | number | boolean | null;

/** A column and how its cell is read from a row. */
export type MachineColumn = Pick<ReportColumn, 'key' | 'title' | 'isTime' | 'type' | 'isRecord'> & {
  readonly read: (row: ReportRow) => ReportValue;
};

/** The columns for programs: each time is followed by `local_<key>` when the report has a time zone. */
export function listMachineColumns({
  columns,
  timeZone,
}: Pick<Report, 'columns' | 'timeZone'>): MachineColumn[] {
  const show = createMomentFormat(timeZone);
  return columns.flatMap((column) => {
    const { key, title } = column;
    const read = (row: ReportRow): ReportValue => row[key] ?? null;
    if (timeZone === undefined || column.isTime !== true) return [{ ...column, read }];
    const readLocal = (row: ReportRow): ReportValue => {
      const value = row[key];
      return value instanceof Date ? show(value) : null;
    };
    return [
      { ...column, read },
      { key: `local_${key}`, title: `${title} (${timeZone})`, read: readLocal },
    ];
  });
}

/** A moment as ISO 8601 in UTC, without a fraction if it is a whole second; anything else unchanged. */
export function toPlainValue(value: ReportValue): PlainValue {
  return value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : value;
}
