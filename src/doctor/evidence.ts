/** Whether the sealed log can be signed and anchored. What is well is not told. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { hasCode, isFrom } from '../errors.ts';
import { loadAnchors, nameAnchor, type AnchorStanding } from '../evidence/anchoring/standing.ts';
import { formatVerifierKey } from '../evidence/forms/keys.ts';
import { explainOtherKey, listLogKeys, type LogKey } from '../evidence/key-history.ts';
import { findSigningKey } from '../evidence/signing-key.ts';
import { capitalize, problem, warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';

/** The checks of the sealed log of an account. `isFleeting` says whether what a directory has is gone with the process. */
export async function examineEvidence(
  config: Config,
  db: ReadOnlyDatabase,
  isFleeting: (directory: string) => boolean = isWithinContainer,
): Promise<readonly Check[]> {
  try {
    return [
      ...(await checkSigningKey(config, db, isFleeting)),
      ...(await checkAnchors(config, db)),
    ];
  } catch (error) {
    // Where there are no tables yet, or none that may be read, other checks say so.
    if (isFrom(error, 'database')) return [];
    throw error;
  }
}

const name = 'signing key';

async function checkSigningKey(
  { zendesk: { account }, evidence, database }: Config,
  db: ReadOnlyDatabase,
  isFleeting: (directory: string) => boolean,
): Promise<readonly Check[]> {
  const log = (await listLogKeys(db)).find((each) => each.account === account && each.signs);
  const origin = log?.origin ?? evidence.origin ?? `${account}/zendesk-log-sync`;
  const { signingKey: text, dataDirectory } = evidence;
  try {
    const key = findSigningKey({ origin, text, dataDirectory });
    const own = key && formatVerifierKey(key.verifier);
    if (own !== undefined && log !== undefined && own !== log.key)
      return [explain((await explainOtherKey(db, account, own)).message)];
    if (own === undefined && log !== undefined) return [explainMissing(log, dataDirectory)];
    // The embedded database is in the same directory.
    if (text !== undefined || database.kind === 'embedded' || !isFleeting(dataDirectory)) return [];
    return [
      warning(
        name,
        `the key that signs the sealed log is ${own === undefined ? 'made' : 'kept'} in ${dataDirectory}, which does not outlive this container: after its next start there is another one, and nothing is sealed`,
        'Set SIGNING_KEY_FILE to a key that lasts ("keys make" makes one), or mount a volume at DATA_DIR.',
      ),
    ];
  } catch (error) {
    if (!hasCode(error, 'bad_input')) throw error;
    return [explain(error.message)];
  }
}

function explain(sentence: string): Check {
  return problem(
    name,
    sentence,
    'Until then nothing is sealed; pulling continues, and nothing is lost.',
  );
}

function explainMissing({ key }: LogKey, dataDirectory: string): Check {
  return problem(
    name,
    `the sealed log is signed with the key ${key.split('+', 2).join('+')}, and there is none here, neither in SIGNING_KEY_FILE nor in ${dataDirectory}`,
    'Set SIGNING_KEY_FILE to that key. A process that makes its own key seals nothing.',
  );
}

async function checkAnchors(
  { zendesk: { account } }: Config,
  db: ReadOnlyDatabase,
): Promise<readonly Check[]> {
  return judgeAnchors((await loadAnchors(db)).filter((each) => each.account === account));
}

/** The places outside that have had no checkpoint since one failed. Pure. */
export function judgeAnchors(anchors: readonly AnchorStanding[]): readonly Check[] {
  const failing = anchors.filter(({ failures }) => failures > 0);
  return failing.map((each) => {
    const hours = Math.floor(each.age_seconds / 3600);
    const since = hours === 0 ? 'less than an hour' : `${hours} h`;
    return warning(
      `anchor ${each.place}`,
      `${nameAnchor(each)} has had no checkpoint of the sealed log for ${since}`,
      capitalize(each.error ?? 'no reason known'),
    );
  });
}

/** Whether a directory lies in a container, and not on a volume of it. */
function isWithinContainer(directory: string): boolean {
  const marks = ['/.dockerenv', '/run/.containerenv', '/var/run/secrets/kubernetes.io'];
  if (!marks.some((mark) => existsSync(mark))) return false;
  let path = resolve(directory);
  while (!existsSync(path)) path = dirname(path);
  return statSync(path).dev === statSync('/').dev;
}
