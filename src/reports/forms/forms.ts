/** The forms of a report for programs and spreadsheets, and the file name endings that select them. */
import type { ReportWriter } from '../shared/report.ts';
import { writeCsv, writeSpreadsheetCsv } from './csv.ts';
import { writeJson, writeNdjson } from './json.ts';

type Form = {
  /** The endings of file names. */
  readonly endings: readonly string[];
  /** Whether it is binary, so that a terminal cannot show it. */
  readonly isBinary?: true;
  /** Whether the form has a place for coverage, gaps and limits; if not, they are in a second file beside it. */
  readonly hasStatement?: true;
  /**
   * Loads the code that writes it, which may be large. `toFile` distinguishes files, which people open, from pipes to
   * programs.
   */
  readonly load: (toFile: boolean) => Promise<ReportWriter>;
};

/** Every form except the page for people. */
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
