/** What became of each second of a log, and how much of a day, an hour or a minute is of which state. Pure. */
import { intersect, subtract, unite, type Span, type Spans } from '../../../span.ts';

/** What became of a second. The order is that in which they are shown. */
export const states = [
  'covered',
  'archived',
  'unrecorded',
  'reading',
  'gap',
  'dropped',
  'lost',
] as const;

/**
 * `unrecorded`: read, and Zendesk had recorded nothing yet. `reading`: a fetch is on it, or it is not due yet. `gap`: it will
 * be filled. `lost`: for good. `dropped`: by a policy of retention.
 */
export type State = (typeof states)[number];

/** What is said of seconds beside their state. */
export type Mark = 'late' | 'rescan_due' | 'quarantined' | 'rows_lost' | 'altered' | 'held';

/** Spans of one state or mark. */
export type Layer<Name> = { readonly name: Name; readonly spans: Spans };

/** A span that has one state. */
export type Part = Span & { readonly state: State };

/** How many seconds of a cell have which state, and what else is said of it. */
type Cell = {
  readonly seconds: Readonly<Partial<Record<State, number>>>;
  readonly marks: readonly Mark[];
};

/** Equal cells that follow each other. */
export type CellRun = Cell & { readonly count: number };

/** The states of a span: of several layers the first that has a second decides. Oldest first. */
export function layStates(whole: Span, layers: readonly Layer<State>[]): readonly Part[] {
  let free: Spans = [whole];
  const parts: Part[] = [];
  for (const { name, spans } of layers) {
    for (const span of intersect(free, spans)) parts.push({ ...span, state: name });
    free = subtract(free, spans);
  }
  return parts.toSorted((a, b) => a.from - b.from);
}

/** Cuts states and marks into cells of the same length. What has no state counts for nothing. */
export function divide(
  parts: readonly Part[],
  marks: readonly Layer<Mark>[],
  { from, to, step }: Span & { readonly step: number },
): readonly Cell[] {
  const cells = Array.from({ length: Math.ceil((to - from) / step) }, () => ({
    seconds: {} as Partial<Record<State, number>>,
    marks: [] as Mark[],
  }));
  const visit = (
    span: Span,
    see: (cell: (typeof cells)[number], seconds: number) => void,
  ): void => {
    const [first, last] = [Math.max(span.from, from), Math.min(span.to, to)];
    for (let at = Math.floor((first - from) / step); from + at * step < last; at += 1) {
      const cell = cells[at];
      const start = from + at * step;
      if (cell !== undefined) see(cell, Math.min(last, start + step) - Math.max(first, start));
    }
  };
  for (const part of parts)
    visit(part, ({ seconds }, length) => {
      seconds[part.state] = (seconds[part.state] ?? 0) + length;
    });
  for (const { name, spans } of marks)
    for (const span of unite(spans, []))
      visit(span, (cell) => {
        if (!cell.marks.includes(name)) cell.marks.push(name);
      });
  return cells;
}

/** The cells with those joined that are equal to the one before. */
export function joinEqual(cells: readonly Cell[]): readonly CellRun[] {
  const runs: (Cell & { count: number; name: string })[] = [];
  for (const cell of cells) {
    const name = nameCell(cell);
    const last = runs.at(-1);
    if (last?.name === name) last.count += 1;
    else runs.push({ ...cell, count: 1, name });
  }
  return runs.map(({ count, seconds, marks }) => ({ count, seconds, marks }));
}

function nameCell({ seconds, marks }: Cell): string {
  return [...states.map((state) => seconds[state] ?? 0), ...marks].join(' ');
}
