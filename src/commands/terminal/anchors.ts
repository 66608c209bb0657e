/** How it stands with the places outside that checkpoints of the sealed log are brought to, for people. */
import { isStale, nameAnchor, type AnchorStanding } from '../../evidence/anchoring/standing.ts';
import { formatNumber, formatSeconds } from './words.ts';

/** One line for all places of an account that are well, if the settings name any, and one for each that fails. */
export function describeAnchors(standings: readonly AnchorStanding[]): readonly string[] {
  const well = standings.filter(({ failures }) => failures === 0);
  const failing = standings.filter(({ failures }) => failures > 0).map(describeFailure);
  if (well.every(({ kind }) => kind === 'program_log')) return failing;
  const size = Math.min(...well.map(({ size: entries }) => entries ?? 0));
  const oldest = Math.max(...well.map(({ age_seconds: seconds }) => seconds));
  const names = well.map(nameAnchor).join(', ');
  const line = `sealed log: its first ${formatNumber(size)} entries are proved by ${names}; the oldest checkpoint there is ${formatSeconds(oldest, 1)} old.`;
  return [line, ...failing];
}

function describeFailure(standing: AnchorStanding): string {
  const { age_seconds: seconds, last_success: last, error } = standing;
  const what = last === null ? 'has had no checkpoint yet' : 'has had no checkpoint';
  return `sealed log: ${nameAnchor(standing)} ${what} for ${formatSeconds(seconds, 1)}. ${error ?? ''}`.trimEnd();
}

/** What needs a person, a sentence each. */
export function listAnchorNeeds(
  account: string,
  standings: readonly AnchorStanding[],
): readonly string[] {
  return standings
    .filter(isStale)
    .map((each) => `${account} needs attention: ${describeFailure(each)}`);
}
