import type { Write } from './report.ts';

/** Small writes cost more than rows; one of this size costs nothing, and is little memory. */
const fullCharacters = 64 * 1024;

/** Gathers text and hands it on in large pieces. */
type Batch = { add(text: string): Promise<void>; flush(): Promise<void> };

/** Creates an empty batch; what is left in it at the end has to be flushed. */
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
