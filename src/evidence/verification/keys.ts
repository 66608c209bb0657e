/** The keys in a log's history: each took over from the one before by an entry that both signed. */
import { isSignedByBoth, type Takeover } from '../takeover.ts';
import { FormError } from '../forms/form-error.ts';
import type { Frontier } from '../forms/frontier.ts';
import { parseVerifierKey, type VerifierKey } from '../forms/keys.ts';
import { finding, type Finding } from './finding.ts';

/** An entry by which a key took over. */
export type FollowedTakeover = Takeover & { readonly entry: number; readonly isSigned: boolean };

/** Reads the entry of a takeover, given the log before it. */
export function followTakeover(
  takeover: Takeover,
  origin: string,
  entry: number,
  before: Frontier,
): FollowedTakeover {
  return { ...takeover, entry, isSigned: isSigned(takeover, origin, before) };
}

function isSigned(takeover: Takeover, origin: string, before: Frontier): boolean {
  try {
    return isSignedByBoth(takeover, origin, before);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return false;
  }
}

/** The keys that may sign a checkpoint of a size. */
export type KeysAt = (size: number) => readonly VerifierKey[];

/** Follows the takeovers from the current key back to the first. A break in the chain is a finding. */
export function traceKeys(
  current: string,
  takeovers: readonly FollowedTakeover[],
  first: string,
): {
  readonly keysAt: KeysAt;
  /** The keys before the current one. */
  readonly former: readonly VerifierKey[];
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  // From the newest to the oldest: the key, and the size up to which it signs.
  const periods = [{ key: current, from: 0, until: Infinity }];
  for (const { entry, from, to, isSigned: isProved } of takeovers.toReversed()) {
    const [latest] = periods;
    if (latest === undefined || !isProved || to !== latest.key) {
      findings.push(
        finding(
          'key_unfounded',
          isProved
            ? `Entry ${entry} of the log hands it over to another key than the one that has signed since.`
            : `Entry ${entry} of the log says that another key has taken over, and not both keys have signed that.`,
          { entry },
        ),
      );
      continue;
    }
    // Both sign the checkpoint over the entry.
    periods[0] = { ...latest, from: entry + 1 };
    periods.unshift({ key: from, from: 0, until: entry + 1 });
  }
  if (first !== '' && periods[0]?.key !== first)
    findings.push(
      finding(
        'key_unfounded',
        'The log was begun with another key than the one that its checkpoints lead to.',
        { entry: 0 },
      ),
    );
  return {
    findings,
    former: periods.slice(0, -1).map(({ key }) => parseVerifierKey(key)),
    keysAt: (size) =>
      periods
        .filter((each) => each.from <= size && size <= each.until)
        .map(({ key }) => parseVerifierKey(key)),
  };
}
