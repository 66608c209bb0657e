/** What became of seconds: the words, the looks and the sums of the cells of a calendar. */
import { writeDuration } from './time.js';

/** The states in the order in which they are shown: what a legend says of each. */
export const states = [
  { name: 'covered', words: 'covered', isHeld: true },
  { name: 'archived', words: 'archived', isHeld: true },
  { name: 'unrecorded', words: 'not recorded by Zendesk', isHeld: true },
  { name: 'reading', words: 'being read' },
  { name: 'gap', words: 'a gap that will be filled' },
  { name: 'dropped', words: 'dropped by policy' },
  { name: 'lost', words: 'lost for good' },
];

/** What is said of seconds beside their state. */
export const marks = [
  { name: 'altered', words: 'not as it was stored' },
  { name: 'late', words: 'late rows' },
  { name: 'rescan_due', words: 'to be read again' },
  { name: 'quarantined', words: 'records in quarantine' },
  { name: 'rows_lost', words: 'some rows lost for good' },
  { name: 'held', words: 'held' },
];

/** The cells of an answer: equal ones that follow each other come once, with their count. */
export function expand(runs) {
  return runs.flatMap((run) => Array.from({ length: run.count }, () => run));
}

/** All seconds of a cell that have a state. */
export function totalOf({ seconds }) {
  return states.reduce((sum, { name }) => sum + (seconds[name] ?? 0), 0);
}

/** A share in per cent, rounded down: what is not whole is never shown as 100 %. */
export function writeShare(part, whole) {
  if (part === whole) return '100 %';
  const tenths = Math.floor((part / whole) * 1000) / 10;
  return part > 0 && tenths === 0 ? 'less than 0.1 %' : `${tenths} %`;
}

/** A cell in words: `99.9 % covered, 4 s a gap that will be filled; late rows`. */
export function describeCell(cell) {
  const total = totalOf(cell);
  const parts = states.flatMap(({ name, words }) => {
    const seconds = cell.seconds[name] ?? 0;
    if (seconds === 0) return [];
    if (seconds === total) return [words];
    return [
      name === 'covered'
        ? `${writeShare(seconds, total)} ${words}`
        : `${writeDuration(seconds)} ${words}`,
    ];
  });
  const said = marks.filter(({ name }) => cell.marks.includes(name)).map(({ words }) => words);
  return [parts.join(', ') || 'nothing', ...said].join('; ');
}

/**
 * How a cell looks: by the greatest part that is held, in the shade of its share, with a notch where something is missing. A
 * sliver of a gap never gives a day its colour.
 */
export function classOf(cell) {
  const total = totalOf(cell);
  const greatest = (isHeld) =>
    states
      .filter((state) => (state.isHeld ?? false) === isHeld && (cell.seconds[state.name] ?? 0) > 0)
      .toSorted((a, b) => cell.seconds[b.name] - cell.seconds[a.name])[0]?.name;
  const [held, other] = [greatest(true), greatest(false)];
  const said = cell.marks.map((mark) => `m-${mark}`);
  if (total === 0) return ['cell', 's-none', ...said].join(' ');
  if (held === undefined) return ['cell', `s-${other}`, ...said].join(' ');
  const share =
    states.reduce((sum, { name, isHeld }) => sum + (isHeld ? (cell.seconds[name] ?? 0) : 0), 0) /
    total;
  const shade = share === 1 ? 10 : Math.max(1, Math.floor(share * 10));
  const notch = other === undefined ? [] : [`n-${other}`];
  return ['cell', `s-${held}`, `q${shade}`, ...notch, ...said].join(' ');
}
