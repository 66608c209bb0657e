/** Colours on a terminal; `NO_COLOR`, `FORCE_COLOR` and what the terminal can show decide, as Node reads them. */
import { styleText } from 'node:util';

const colours = {
  ok: 'green',
  complete: 'green',
  running: 'cyan',
  interrupted: 'yellow',
  busy: 'yellow',
  unavailable: 'yellow',
  failed: 'red',
  warning: 'yellow',
  problem: 'red',
  skipped: 'gray',
} as const;

/** A state or an outcome in its colour, if the stream shows colours; any other text unchanged. */
export function paintState(text: string, stream: NodeJS.WritableStream): string {
  const colour = Object.entries(colours).find(([state]) => state === text.trim())?.[1];
  return colour === undefined ? text : styleText(colour, text, { stream });
}
