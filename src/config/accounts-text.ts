/** The text of `ACCOUNTS_FILE`: what it lists, before any of it is checked. */
import { z } from 'zod';
import { parseAsWritten } from './as-written.ts';

/** The content of the file. */
type AccountsText = {
  readonly accounts: readonly Readonly<Record<string, unknown>>[];
  /** Undefined where the file names none. */
  readonly databases: unknown;
};

const fileSchema = z.strictObject({
  accounts: z.array(z.record(z.string(), z.unknown())).min(1),
  databases: z.unknown().optional(),
});

const nothing: AccountsText = { accounts: [], databases: undefined };

/** Reads the text, YAML or JSON; a problem is reported as a sentence, and the list is empty then. */
export function parseAccountsText(
  text: string,
  fileName: string,
  report: (problem: string) => void,
): AccountsText {
  const advice = `Use YAML or JSON such as {"accounts": [{"subdomain": "acme", …}]}; see docs/settings.md`;
  // Its own messages repeat the content of the file.
  const document = parseAsWritten(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    report(`${fileName} cannot be read at line ${line} (${error.code}). ${advice}.`);
    return nothing;
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch {
    report(`${fileName} has an alias that does not exist, or too many aliases. ${advice}.`);
    return nothing;
  }
  const result = fileSchema.safeParse(content);
  if (result.success) return { databases: undefined, ...result.data };
  report(`${fileName} is not a list of accounts. ${advice}.`);
  return nothing;
}
