/** What a verification says about rows from before the sealed log, in words. */
import type { Verification } from '../evidence/verification/verification.ts';
import { formatNumber } from './terminal/words.ts';

/** Which rows from before the sealed log are in it by now, and since when: a line for each log that has such rows. */
export function describeAdoptions(
  streams: readonly (Pick<Verification['streams'][0], 'stream'> & {
    readonly adoption?: Verification['streams'][0]['adoption'] | undefined;
    readonly unsealedRows?: number | null | undefined;
  })[],
): readonly string[] {
  return streams.flatMap(({ stream, adoption = null, unsealedRows: open = null }) => {
    if (adoption === null)
      return [`${stream}: the sealed log has nothing about it yet; it starts with the next page.`];
    const { before, rows, isComplete } = adoption;
    if (rows === 0 && isComplete) return [];
    const since = `${before.slice(0, 16).replace('T', ' ')} UTC`;
    const known = `${formatNumber(rows)} rows were stored earlier than the sealed log and are known as they were on ${since}`;
    const others = open === null ? 'others' : formatNumber(open);
    return [
      `${stream}: ${known}${isComplete ? '' : `; ${others} are not in it yet: the running program is adding them`}.`,
    ];
  });
}

/** What the log says about restores from an older backup: a line for each. */
export function describeRestores(restores: Verification['restores']): readonly string[] {
  return restores.map(({ notedAt, lost }) => {
    const at = `${notedAt.slice(0, 16).replace('T', ' ')} UTC`;
    return `The database was restored from an older backup, found on ${at}: it lacked data that ${formatNumber(lost)} entries of the log describe. The program reads again what Zendesk still has.`;
  });
}
