/**
 * Names in the environment that look like a setting but are not one: without a message their values would be ignored
 * silently.
 */
import { findNearest } from '../nearest.ts';
import type { Setting } from './setting.ts';
import { alsoSmall } from './settings.ts';
import type { Environment } from './texts.ts';

/** Prefixes that only settings of this program have. */
const ownPrefix = /^ZENDESK_(?!LOG_SYNC_)|^(?:AUDIT|ACCESS)_LOGS?_|^SUPPORT_REQUESTS_/i;

/**
 * A sentence for each variable of the environment that is probably a misspelled setting, with the nearest name. A variable
 * that may belong to another program counts only if it differs by one letter, and the setting it may mean is not set.
 */
export function findMisspelled(
  environment: Environment,
  settings: readonly Setting[],
): readonly string[] {
  const known = settings
    .flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]))
    .concat(alsoSmall.map((name) => name.toLowerCase()));
  return Object.entries(environment).flatMap(([name, text = '']) => {
    if (text === '' || known.includes(name)) return [];
    const isOwn = ownPrefix.test(name);
    const nearest = findNearest(name, known);
    const isMeant =
      nearest !== undefined &&
      (environment[nearest] ?? '') === '' &&
      Math.abs(nearest.length - name.length) <= 1 &&
      isOneOff(name, nearest);
    if (!isOwn && !isMeant) return [];
    const advice =
      nearest === undefined ? 'docs/settings.md lists the settings' : `did you mean ${nearest}?`;
    return [`${name} is not a setting of this program and has no effect; ${advice}`];
  });
}

/** One letter too many, too few or different, two letters in the wrong order, or lower case. */
function isOneOff(name: string, known: string): boolean {
  const written = name.toUpperCase();
  if (written === known) return true;
  let start = 0;
  while (start < known.length && written[start] === known[start]) start += 1;
  let end = 0;
  const rest = Math.min(written.length, known.length) - start;
  while (end < rest && written.at(-1 - end) === known.at(-1 - end)) end += 1;
  const [found, wanted] = [written, known].map((text) => text.slice(start, text.length - end));
  if (found === undefined || wanted === undefined) return false;
  const hasChangedPlaces = found.length === 2 && `${found[1]}${found[0]}` === wanted;
  return hasChangedPlaces || (found.length <= 1 && wanted.length <= 1);
}
