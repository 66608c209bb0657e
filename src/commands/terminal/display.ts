/** Lines about the progress, on stderr: they are updated in place on a terminal, and written from time to time elsewhere. */
import { createLogUpdate } from 'log-update';
import type { CommandContext } from '../context.ts';

/** Where progress is shown. */
export type Outputs = Pick<CommandContext, 'stderr' | 'printError'>;

const renewMs = 150;
/** The time between plain lines doubles, up to a minute. */
const longestPlainMs = 60_000;

/** After this time the first lines are shown. Shorter work needs no progress. */
export type Patience = { readonly terminalMs: number; readonly plainMs: number };

/** The lines now at the bottom of a terminal. */
type Standing = { readonly clear: () => void; readonly show: () => void };
const standing = new WeakMap<object, Standing>();

/** Shows lines until the returned function is called, which shows them once more. */
export function showLines(
  { stderr, printError }: Outputs,
  { terminalMs, plainMs }: Patience,
  lines: () => readonly string[],
): () => void {
  if (stderr.isTTY !== true) return showPlainly(lines, printError, plainMs);
  const update = createLogUpdate(stderr);
  const show = (): void => update(lines().join('\n'));
  let renewing: NodeJS.Timeout | undefined;
  const waiting = setTimeout(() => {
    standing.set(stderr, { clear: () => update.clear(), show });
    show();
    renewing = setInterval(show, renewMs);
  }, terminalMs);
  return () => {
    clearTimeout(waiting);
    if (renewing === undefined) return;
    clearInterval(renewing);
    standing.delete(stderr);
    show();
    update.done();
  };
}

/** Writes whole lines above the lines at the bottom of the terminal `stderr`, if there are any. */
export function writeAbove(
  { stderr }: Pick<Outputs, 'stderr'>,
  target: NodeJS.WritableStream,
  text: string,
): void {
  const lines = standing.get(stderr);
  lines?.clear();
  target.write(text);
  lines?.show();
}

function showPlainly(
  lines: () => readonly string[],
  print: (line: string) => void,
  firstMs: number,
): () => void {
  let waitMs = firstMs;
  let timer: NodeJS.Timeout;
  const show = (): void => lines().forEach((line) => print(line));
  const wait = (): void => {
    timer = setTimeout(() => {
      show();
      waitMs = Math.min(waitMs * 2, longestPlainMs);
      wait();
    }, waitMs);
  };
  wait();
  return () => {
    clearTimeout(timer);
    if (waitMs > firstMs) show();
  };
}
