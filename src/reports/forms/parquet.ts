/** Parquet, with typed columns. The coverage, gaps and limits are in the metadata of the file, under `about`. */
import { describeColumns, startParquet } from '../../parquet/writer.ts';
import type { ReportValue, ReportWriter } from '../shared/report.ts';
import { describeReport } from './json.ts';
import { listMachineColumns, toPlainValue, type MachineColumn } from './machine-columns.ts';

/** How many rows a group has, which is held in memory; fewer if their texts are long. */
const mostRows = 10_000;
const mostCharacters = 4_000_000;

/** Writes the rows in groups, so that a large report needs no more memory than a small one. */
export const writeParquet: ReportWriter = async (report, write) => {
  const columns = listMachineColumns(report);
  const typed = columns.map((column) => ({ name: column.key, type: typeOf(column), data: [] }));
  const file = startParquet({
    schema: describeColumns(typed),
    codec: 'SNAPPY',
    about: JSON.stringify(describeReport(report)),
  });

  let group: unknown[][] = columns.map(() => []);
  let characters = 0;
  const writeGroup = async (): Promise<void> => {
    file.writeGroup(typed.map((column, place) => ({ ...column, data: group[place] ?? [] })));
    group = columns.map(() => []);
    characters = 0;
    await write(file.take());
  };

  let rows = 0;
  for await (const row of report.rows) {
    for (const [place, column] of columns.entries()) {
      const value = toParquetValue(column, column.read(row));
      group[place]?.push(value);
      if (typeof value === 'string') characters += value.length;
    }
    rows += 1;
    if (group[0]?.length === mostRows || characters >= mostCharacters) await writeGroup();
  }
  await writeGroup();
  file.finish();
  await write(file.take());
  return rows;
};

function typeOf({ isTime, type }: MachineColumn): 'TIMESTAMP' | 'INT64' | 'BOOLEAN' | 'STRING' {
  if (isTime === true) return 'TIMESTAMP';
  if (type === 'integer') return 'INT64';
  return type === 'boolean' ? 'BOOLEAN' : 'STRING';
}

function toParquetValue({ isTime, type }: MachineColumn, value: ReportValue): unknown {
  if (value === null || isTime === true || type === 'boolean') return value;
  if (type === 'integer') return BigInt(String(value));
  return String(toPlainValue(value));
}
