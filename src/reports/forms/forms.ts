/** The forms of a report for programs and spreadsheets, and the ends of file names that ask for them. */
import type { ReportWriter } from '../shared/report.ts';
import { writeCsv, writeSpreadsheetCsv } from './csv.ts';
import { writeJson, writeNdjson } from './json.ts';

type Form = {
  /** What names of files end with. */
  readonly endings: readonly string[];
  /** Bytes that no terminal can show. */
  readonly isBinary?: true;
  /** The form has a place for what the report rests on; where it has none, a file has another one beside it. */
  readonly hasStatement?: true;
  /** Loads what writes it, which may be large. `toFile` tells files, which people open, from pipes to programs. */
  readonly load: (toFile: boolean) => Promise<ReportWriter>;
};

/** Every form but the page for people. */
export const forms = {
  csv: {
    endings: ['.csv'],
    load: async (toFile) => (toFile ? writeSpreadsheetCsv : writeCsv),
  },
  json: { endings: ['.json'], hasStatement: true, load: async () => writeJson },
  ndjson: { endings: ['.ndjson', '.jsonl'], load: async () => writeNdjson },
  xlsx: {
    endings: ['.xlsx'],
    isBinary: true,
    hasStatement: true,
    load: async () => (await import('./workbook.ts')).writeWorkbook,
  },
  parquet: {
    endings: ['.parquet'],
    isBinary: true,
    load: async () => (await import('./parquet.ts')).writeParquet,
  },
} as const satisfies Record<string, Form>;

/** The name of a form. */
export type FormName = keyof typeof forms;

/** A form by its name. */
export function findForm(name: FormName): Form {
  return forms[name];
}
