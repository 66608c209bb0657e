/** Locks of objects in S3: Object Lock, and legal holds. */
import type { Answer } from './exchange.ts';
import { codeOf, refused } from './refused-request.ts';

/** What forbids that an object is deleted or written over. */
export type ObjectLock = {
  /**
   * Whether it is locked; `default` where it shows no lock of its own and the bucket locks what is put into it; `unknown`
   * where a right to see that is missing, `missing` where the object is not there.
   */
  readonly state: 'none' | 'locked' | 'default' | 'unknown' | 'missing';
  /** Who may take the lock off before its time: nobody, or who has a right of its own. */
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE' | undefined;
  /** ISO 8601. */
  readonly until: string | undefined;
  readonly hasLegalHold: boolean;
};

/** An object that nothing locks. */
export const noLock: ObjectLock = {
  state: 'none',
  mode: undefined,
  until: undefined,
  hasLegalHold: false,
};

type Requests = {
  readonly get: (path: string) => Promise<Answer>;
  readonly getOfBucket: (about: string) => Promise<Answer>;
  readonly put: (path: string, body: Buffer) => Promise<Answer>;
};

type Locks = {
  readLock(path: string): Promise<ObjectLock>;
  setLegalHold(path: string, isOn: boolean): Promise<boolean>;
};

/** Rights that a service has which writes and reads: to see or set a lock takes more. */
const withoutRight: ReadonlySet<string | undefined> = new Set([
  'AccessDenied',
  'AllAccessDisabled',
]);
/** How S3 and its relatives say that nothing is set. */
const withoutLock: ReadonlySet<string | undefined> = new Set([
  'NoSuchObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  'InvalidRequest',
  'NotImplemented',
  'MethodNotAllowed',
]);
const notThere: ReadonlySet<string | undefined> = new Set(['NoSuchKey', 'NoSuchVersion']);

/** Reads and sets the locks of the objects of a bucket. */
export function openLocks(name: string, { get, getOfBucket, put }: Requests): Locks {
  let usual: Promise<ObjectLock['mode']> | undefined;
  const readUsual = async (): Promise<ObjectLock['mode']> =>
    readMode((await getOfBucket('object-lock')).body.toString());
  /** @returns null where the object is not there, undefined where a right is missing */
  const ask = async (path: string, about: string): Promise<string | null | undefined> => {
    const answer = await get(`${path}?${about}`);
    if (answer.status === 200) return answer.body.toString();
    const code = codeOf(answer);
    if (notThere.has(code)) return null;
    if (withoutLock.has(code)) return '';
    if (answer.status === 403 && withoutRight.has(code)) return undefined;
    throw refused(name, 'asked for its lock', path, answer);
  };
  return {
    async readLock(path) {
      const [retention, hold] = await Promise.all([
        ask(path, 'retention'),
        ask(path, 'legal-hold'),
      ]);
      if (retention === null || hold === null) return { ...noLock, state: 'missing' };
      const lock = describeLock(retention, hold);
      if (lock.state !== 'none') return lock;
      const mode = await (usual ??= readUsual());
      return mode === undefined ? lock : { ...lock, state: 'default', mode };
    },
    async setLegalHold(path, isOn) {
      const status = isOn ? 'ON' : 'OFF';
      const body = `<LegalHold xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${status}</Status></LegalHold>`;
      const answer = await put(`${path}?legal-hold`, Buffer.from(body));
      if (answer.status >= 200 && answer.status < 300) return true;
      const code = codeOf(answer);
      if (answer.status === 403 && withoutRight.has(code)) return false;
      throw refused(name, 'put under a legal hold', path, answer);
    },
  };
}

/** @param retention the answers as XML; undefined for one that may not be seen */
function describeLock(retention: string | undefined, hold: string | undefined): ObjectLock {
  const mode = readMode(retention ?? '');
  const until = /<RetainUntilDate>([^<]+)<\/RetainUntilDate>/.exec(retention ?? '')?.[1];
  const untilMs = Date.parse(until ?? '');
  const hasLegalHold = /<Status>ON<\/Status>/.test(hold ?? '');
  const isLocked = mode !== undefined || hasLegalHold;
  const isUnknown = retention === undefined || hold === undefined;
  return {
    state: isLocked ? 'locked' : isUnknown ? 'unknown' : 'none',
    mode,
    until: Number.isNaN(untilMs) ? undefined : new Date(untilMs).toISOString(),
    hasLegalHold,
  };
}

function readMode(xml: string): ObjectLock['mode'] {
  const [, mode] = /<Mode>(COMPLIANCE|GOVERNANCE)<\/Mode>/.exec(xml) ?? [];
  return mode === 'COMPLIANCE' || mode === 'GOVERNANCE' ? mode : undefined;
}
