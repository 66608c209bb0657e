/**
 * Checkpoints as lines: one for each anchoring, in the log of the program and in a file that is only ever appended to
 * (ANCHOR_FILE). A line is JSON; `checkpoint` in it is the whole signed note.
 */
import { open } from 'node:fs/promises';
import { foreignCodeOf, KnownError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import type { Anchor } from './anchor.ts';
import type { Head } from './head.ts';

/** What a line says. */
function describeHead({ account, note, checkpoint: { origin, size, root } }: Head) {
  return { account, origin, size, root: Buffer.from(root).toString('base64'), checkpoint: note };
}

/** A line in the log of the program. */
export function anchorInLog(log: Log, everyMs: number): Anchor {
  return {
    kind: 'program_log',
    place: 'log',
    everyMs,
    holdsFiles: false,
    async bring(_, head) {
      log.info(describeHead(head), 'checkpoint of the sealed log');
      return { note: head.note };
    },
  };
}

/** A line in a file that is only ever appended to. */
export function anchorInFile(path: string, everyMs: number, now: () => Date): Anchor {
  return {
    kind: 'file',
    place: path,
    everyMs,
    holdsFiles: false,
    async bring(_, head) {
      const line = JSON.stringify({ time: now().toISOString(), ...describeHead(head) });
      await appendLine(path, line);
      return { note: head.note };
    },
  };
}

/** Appends in one write, and waits for the disk. */
async function appendLine(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, 'a+', 0o644);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      // A process that died left the start of a line: it stays on a line of its own.
      const start = size === 0 || last.toString() === '\n' ? '' : '\n';
      await file.appendFile(`${start}${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === undefined) throw error;
    throw new KnownError('anchor_failed', {
      found: `ANCHOR_FILE is ${path}, which cannot be appended to (${code})`,
      wayOut: 'Check that its folder is there, its permissions and the space on its disk',
      systemCode: code,
    });
  }
}
/** The signed notes in lines of the file or of the program's log, JSON or plain. Other lines are ignored. */
export function findNotes(text: string): readonly string[] {
  return [...text.matchAll(/"checkpoint":("(?:[^"\\\n]|\\.)*")/g)].flatMap(([, quoted = '']) => {
    try {
      return [String(JSON.parse(quoted))];
    } catch {
      return [];
    }
  });
}
