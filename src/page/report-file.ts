/** Reports as files that are written while they are sent. */
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { KnownError, refuseInput } from '../errors.ts';
import { findForm, type FormName } from '../reports/forms/forms.ts';
import type { Report, Write } from '../reports/shared/report.ts';
import type { Asked, Download } from './question.ts';

/** The forms that the page offers, and what browsers call them. */
const types: Readonly<Partial<Record<FormName, string>>> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** The wanted form. @throws {KnownError} `bad_input` for one that the page does not offer */
export function readForm({ parameters }: Pick<Asked, 'parameters'>): FormName {
  const asked = parameters.get('form') ?? '';
  for (const name of Object.keys(types) as FormName[]) if (name === asked) return name;
  throw refuseInput([`The form is "${asked}". Use ${Object.keys(types).join(' or ')}.`]);
}

/** A report as a file, in the form for people: as the commands write it into files. */
export async function downloadReport(
  report: Report,
  form: FormName,
  name: string,
): Promise<Download> {
  const write = await findForm(form).load(true);
  return {
    fileName: `${report.account}-${name}.${form}`,
    type: types[form] ?? 'application/octet-stream',
    body: await writeWhileSent((output) => write(report, output)),
  };
}

/**
 * What `produce` writes, as a stream, once its beginning is there; what fails before is thrown, and can still be answered
 * with a sentence.
 */
export async function writeWhileSent(
  produce: (write: Write) => Promise<unknown>,
): Promise<Readable> {
  const stream = new PassThrough();
  const begun = Promise.withResolvers<void>();
  const write: Write = async (data) => {
    begun.resolve();
    if (stream.destroyed) throw leftOff();
    if (stream.write(data)) return;
    const gone = new AbortController();
    const { signal } = gone;
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]);
    gone.abort();
    if (stream.destroyed) throw leftOff();
  };
  produce(write).then(
    () => {
      begun.resolve();
      stream.end();
    },
    (error: unknown) => {
      begun.reject(error);
      stream.destroy();
    },
  );
  await begun.promise;
  return stream;
}

function leftOff(): KnownError {
  return new KnownError('output_closed', { found: 'The reader has left' });
}
