/** Splits a text of SQL into statements: they end at semicolons outside of quotes and comments. */
import type { Statement } from '../../database/statements.ts';

/** The statements of a text, and the rest after the last semicolon, which may still continue. */
type Split = { readonly statements: readonly Statement[]; readonly rest: string };

/** Parts in which a semicolon does not end a statement, each from its start to its end; `open` if the end is missing. */
const pieces: readonly { readonly whole: RegExp; readonly open: RegExp }[] = [
  { whole: /--[^\n]*(?:\n|$)/y, open: /(?!)/y },
  { whole: /\be'(?:[^'\\]|\\.|'')*'/isy, open: /\be'/iy },
  { whole: /'(?:[^']|'')*'/y, open: /'/y },
  { whole: /"(?:[^"]|"")*"/y, open: /"/y },
  {
    whole: /(?<![\w$])(\$(?:[\p{L}_][\p{L}\d_]*)?\$).*?\1/suy,
    open: /(?<![\w$])\$(?:[\p{L}_][\p{L}\d_]*)?\$/uy,
  },
];

/** Splits a text. A line that begins with a backslash is a statement of its own. */
export function splitStatements(source: string): Split {
  const statements: Statement[] = [];
  let start = 0;
  let place = 0;
  const end = (): void => {
    const statement = cut(source, start, place);
    if (statement !== undefined) statements.push(statement);
  };
  while (place < source.length) {
    if (source[place] === '\\' && source.slice(start, place).trim() === '') {
      const line = source.indexOf('\n', place);
      place = line === -1 ? source.length : line;
      end();
      start = place;
    } else if (source[place] === ';') {
      end();
      place += 1;
      start = place;
    } else {
      place = skip(source, place);
    }
  }
  return { statements, rest: source.slice(start) };
}

/** The statements of a complete text: the rest after the last semicolon is one too. */
export function splitWhole(source: string): readonly Statement[] {
  const { statements, rest } = splitStatements(source);
  const last = cut(source, source.length - rest.length, source.length);
  return last === undefined ? statements : [...statements, last];
}

function cut(source: string, from: number, to: number): Statement | undefined {
  const text = source.slice(from, to);
  // A comment alone is not a statement.
  const bare = text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*.*?\*\/)+/s, '').trim();
  if (bare === '') return undefined;
  const lead = text.length - text.trimStart().length;
  return { text: text.trim(), before: source.slice(0, from + lead) };
}

/** The position after the part that begins here. */
function skip(source: string, place: number): number {
  if (source.startsWith('/*', place)) return skipComment(source, place);
  for (const { whole, open } of pieces) {
    whole.lastIndex = place;
    const found = whole.exec(source);
    if (found !== null) return place + found[0].length;
    open.lastIndex = place;
    if (open.test(source)) return source.length;
  }
  return place + 1;
}

/** Comments in Postgres may contain comments. */
function skipComment(source: string, place: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = place;
  let depth = 0;
  for (let mark = marks.exec(source); mark !== null; mark = marks.exec(source)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return source.length;
}
