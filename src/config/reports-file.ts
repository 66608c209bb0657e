/** `REPORTS_FILE`: which reports are written, when, in which form and where, as YAML or JSON. */
import { z } from 'zod';
import { parseAsWritten } from './as-written.ts';

/** One entry of the file; only its form is checked here. */
export type ReportEntry = {
  /** Its name in messages: `reports.yaml, report 2`. */
  readonly place: string;
  /** What follows `report` on a command line, word by word. */
  readonly words: readonly string[];
  readonly name: string | undefined;
  /** Cron. */
  readonly when: string;
  readonly form: string;
  readonly directory: string;
};

const words = z.union([z.string().min(1).transform(splitWords), z.array(z.string()).min(1)]);
const entrySchema = z.strictObject({
  report: words,
  when: z.string().min(1),
  form: z.string().min(1),
  directory: z.string().min(1),
  name: z.string().optional(),
});
const expected: Readonly<Record<string, string>> = {
  report: 'what follows "report" on a command line, such as accessed tickets --days 7',
  when: 'a time as in cron, such as 0 6 * * 1',
  form: 'a form such as xlsx',
  directory: 'the folder for its files',
  name: 'a name in small letters, digits and hyphens',
};
const fileSchema = z.strictObject({ reports: z.array(z.record(z.string(), z.unknown())).min(1) });
const advice =
  'Use YAML or JSON such as {"reports": [{"report": "log --month last", "when": "0 6 1 * *", "form": "xlsx", "directory": "/srv/reports"}]}, described in docs/reports.md';

/** The entries of a file. Each problem is reported as a sentence, and its entry left out. */
export function readReportEntries(
  text: string,
  fileName: string,
  report: (problem: string) => void,
): readonly ReportEntry[] {
  const document = parseAsWritten(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    report(`${fileName} cannot be read at line ${line} (${error.code}). ${advice}.`);
    return [];
  }
  const result = fileSchema.safeParse(readContent(document));
  if (!result.success) {
    report(`${fileName} is not a list of reports. ${advice}.`);
    return [];
  }
  return result.data.reports.flatMap((entry, index) =>
    readEntry(entry, `${fileName}, report ${index + 1}`, report),
  );
}

/** Undefined for aliases that refer to nothing, or too many of them. */
function readContent(document: ReturnType<typeof parseAsWritten>): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

function readEntry(
  entry: Readonly<Record<string, unknown>>,
  place: string,
  report: (problem: string) => void,
): ReportEntry[] {
  const result = entrySchema.safeParse(entry);
  if (result.success) {
    const { report: found, name, ...rest } = result.data;
    return [{ place, words: found, name, ...rest }];
  }
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      const keys = Object.keys(entrySchema.shape).join(', ');
      for (const key of issue.keys)
        report(`${place}: ${JSON.stringify(key)} is unknown. Use ${keys}.`);
      continue;
    }
    const key = String(issue.path[0]);
    const what = key in entry ? 'cannot be used as it is' : 'is missing';
    report(`${place}: ${key} ${what}. Set it to ${expected[key] ?? 'a text'}.`);
  }
  return [];
}

/** The words of a line; quotation marks keep several together, as in a shell. */
function splitWords(line: string): string[] {
  const parts = line.matchAll(/(?:"([^"]*)"|'([^']*)'|[^\s"'])+/g);
  return [...parts].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
