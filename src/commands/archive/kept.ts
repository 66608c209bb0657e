/** Objects of the archive that no longer count and are still there. */
import type { Deleted } from '../../archive/rewrite.ts';
import type { CommandContext } from '../context.ts';
import { formatNumber } from '../terminal/words.ts';

const listed = 10;

/** Says which, and why. */
export function tellKept(
  { printError }: Pick<CommandContext, 'printError'>,
  kept: Deleted['kept'],
): void {
  for (const { object, why } of kept.slice(0, listed))
    printError(`${object} no longer counts and could not be deleted: ${why}.`);
  if (kept.length > listed)
    printError(`And ${formatNumber(kept.length - listed)} more objects could not be deleted.`);
  if (kept.length > 0)
    printError('"archive repair" and each later erasure or "retention apply" try it again.');
}
