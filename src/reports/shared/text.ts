/** Text for output: nothing in it controls a terminal, and small pieces are written together. */
import type { Write } from './report.ts';

/** Control characters, line and paragraph separators, and the marks that change the direction of writing. */
const steering = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Replaces each character that could control a terminal with a space, except those in `keep`: anybody can write into the
 * logs.
 */
export function blankControls(text: string, kept = ''): string {
  return text.replace(steering, (character) => (kept.includes(character) ? character : ' '));
}

/** Small writes cost more than rows; one of this size costs nothing, and is little memory. */
const fullCharacters = 64 * 1024;

/** Collects text and passes it on in large pieces. */
type Batch = { add(text: string): Promise<void>; flush(): Promise<void> };

/** Creates an empty batch; flush it at the end. */
export function createBatch(write: Write): Batch {
  let text = '';
  const flush = async (): Promise<void> => {
    const full = text;
    text = '';
    if (full !== '') await write(full);
  };
  return {
    async add(more) {
      text += more;
      if (text.length >= fullCharacters) await flush();
    },
    flush,
  };
}
