/** The checks as a page for people: one line each where it fits, the way out beneath. */
import { styleText } from 'node:util';
import { capitalize, type Check, type CheckState } from '../doctor/check.ts';
import { countOf, formatMinute } from '../doctor/figures.ts';
import type { Examination } from '../doctor/examination.ts';

const pageWidth = 80;
const markWidth = 9;
const indent = ' '.repeat(markWidth);
const colors: Readonly<Record<CheckState, 'green' | 'yellow' | 'red' | 'gray'>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
  skipped: 'gray',
};

/** The whole page, without line break at the end. */
export function renderPage(
  { account, origin, checks }: Pick<Examination, 'account' | 'origin' | 'checks'>,
  now: Date,
  colored: boolean,
): string {
  const place = account === undefined ? '' : `Account ${account}, ${origin ?? ''}, `;
  return [
    ...wrap(capitalize(`${place}examined ${formatMinute(now)}`), pageWidth),
    '',
    ...checks.flatMap((check) => renderCheck(check, colored)),
    '',
    summarize(checks),
  ].join('\n');
}

/** How many checks came out how, in one line. */
function summarize(checks: readonly Check[]): string {
  const count = (state: CheckState): number =>
    checks.filter((check) => check.state === state).length;
  const problems = count('problem');
  const parts = [
    `${count('ok')} ok`,
    countOf(count('warning'), 'warning'),
    countOf(problems, 'problem'),
    `${count('skipped')} skipped`,
  ];
  const verdict =
    problems === 0
      ? 'nothing has to be fixed'
      : `fix the ${problems === 1 ? 'problem' : 'problems'}`;
  return `${countOf(checks.length, 'check')}: ${parts.join(', ')}; ${verdict}.`;
}

function renderCheck({ name, state, found, wayOut }: Check, colored: boolean): string[] {
  const mark = state.padEnd(markWidth);
  const text = `${capitalize(name)}: ${found}`;
  const [first = '', ...more] = wrapLines(text, pageWidth - markWidth);
  const way = wayOut === null ? [] : wrapLines(wayOut, pageWidth - markWidth - 3);
  return [
    `${colored ? styleText(colors[state], mark, { validateStream: false }) : mark}${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...way.map((line, place) => `${indent}${place === 0 ? '-> ' : '   '}${line}`),
  ];
}

function wrapLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrap(line, width));
}

/** Breaks a line at spaces; a word that is too long for a line is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}
