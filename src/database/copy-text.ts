/** The text format of COPY (PostgreSQL documentation, "COPY", section "Text Format"). */

/** One line: the account, then the named values. */
export function renderLine(
  account: string,
  names: readonly string[],
  row: Readonly<Record<string, unknown>>,
): string {
  let line = renderValue(account);
  for (const name of names) line += `\t${renderValue(row[name])}`;
  return `${line}\n`;
}

/** One value; null and undefined are `\N`. */
export function renderValue(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return special.test(text) ? text.replaceAll(everySpecial, escape) : text;
}

const special = /[\\\n\r\t]/;
const everySpecial = /[\\\n\r\t]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escape(character: string): string {
  return escapes[character] ?? character;
}
