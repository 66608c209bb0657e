/** docs/walk.md as Markdown. */
import type { WalkStep } from './walk-steps.ts';

/** A step with its output. */
export type WalkedStep = WalkStep & {
  readonly output: string;
  readonly seconds: number;
  /** Processor time; undefined for a program that keeps running. */
  readonly ownSeconds: number | undefined;
};

/** The document of a completed walk. */
export function renderWalk(steps: readonly WalkedStep[]): string {
  const sum = steps.reduce((seconds, step) => seconds + step.seconds, 0);
  return [
    '# A walk',
    '',
    'From an empty machine to an answer in a workbook and to a BI tool that is connected as a reader. `npm run docs:walk` takes it from a fresh clone and writes this page; what is shown is shortened. The seconds are those of a machine with two cores that did other things as well; the seconds of its processor come in brackets.',
    '',
    ...steps.flatMap(renderStep),
    `In all ${format(sum)}.`,
    '',
  ].join('\n');
}

function renderStep(step: WalkedStep, place: number): string[] {
  const { title, words, command, output, seconds, ownSeconds } = step;
  const own = ownSeconds === undefined ? '' : ` (${format(ownSeconds)})`;
  const took = `${step.until === undefined ? 'Took' : 'Ready after'} ${format(seconds)}${own}.`;
  return [
    `## ${place + 1}. ${title}`,
    '',
    words,
    '',
    '```sh',
    command,
    '```',
    '',
    ...(output === '' ? [] : ['```text', output, '```', '']),
    ...(seconds < 0.05 ? [] : [took, '']),
  ];
}

function format(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
