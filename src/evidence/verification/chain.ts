/** Checks that the sealed log matches its signed checkpoint and still contains everything that anchors attest. */
import type { Database } from '../../database/client.ts';
import { openCheckpoint, type OpenedCheckpoint } from '../forms/checkpoint.ts';
import { FormError } from '../forms/form-error.ts';
import { emptyFrontier, findRoot } from '../forms/frontier.ts';
import { isEdgeOf } from '../edge.ts';
import { finding, type Finding } from './finding.ts';
import { traceKeys, type KeysAt } from './keys.ts';
import { compareKeys, type KnownKey } from './known-key.ts';
import type { PublishedCopy } from '../restore/lost-entries.ts';
import type { LogStream } from '../../streams/stream.ts';
import { readLog, type ReadLog } from './log-entries.ts';
import { loadLater } from './sealed-entries.ts';
import { explainShorter } from './shorter-log.ts';
import type { Unchecked } from './unchecked.ts';

/** A checkpoint kept elsewhere: its name and the note. */
export type Anchor = {
  readonly name: string;
  readonly note: string;
  /** Where the entries of the log are also published, if anywhere. */
  readonly copy?: PublishedCopy;
};

/** What the log's own checkpoint is called. */
const ownName = 'the newest checkpoint';

/** What the chain came to. */
export type VerifiedChain = Pick<ReadLog, 'entries' | 'manifests' | 'holes' | 'findings'> & {
  readonly origin: string;
  /** How many entries are there. */
  readonly size: number;
  /** The same, including missing ones. */
  readonly places: number;
  readonly unchecked: readonly Unchecked[];
};

type ChainToVerify = {
  readonly account: string;
  readonly anchors: readonly Anchor[];
  /** Keys that the log should be signed with. */
  readonly keys: readonly KnownKey[];
  readonly logs: readonly LogStream[];
};

/** Recomputes the tree of an account's log from its entries and compares it with its checkpoint, the anchors and the known keys. */
export async function verifyChain(
  db: Database,
  task: ChainToVerify,
): Promise<VerifiedChain | undefined> {
  const { account, anchors, keys } = task;
  const [log] = await db.query<LogRow>(
    `select coalesce(origin, '') as origin, coalesce(key, '') as key, coalesce(size, 0)::float8 as size, checkpoint,
       coalesce(frontier, '') as frontier, entries_end::float8 as "entriesEnd"
     from (select coalesce(max(index) + 1, 0) as entries_end from zendesk_evidence.entries where account = $1) as e
     left join zendesk_evidence.logs on account = $1
     where account is not null or entries_end > 0`,
    [account],
  );
  // Without its row, the entries belong to a log without a checkpoint.
  if (log === undefined) return undefined;
  const findings: Finding[] = [];
  const notes: readonly Anchor[] = [{ name: ownName, note: log.checkpoint ?? '' }, ...anchors];
  const sizes = new Set(notes.map(({ note }) => peekSize(note)));
  const read = await readLog(db, account, log, sizes);
  const traced = traceKeys(log.key, read.takeovers, read.entries[0]?.firstKey ?? '');
  const heads = notes.flatMap((anchor) => openHead(log, traced.keysAt, anchor, findings));
  const compared: Compared[] = [];
  for (const head of heads) compared.push(await compareHead(db, { ...task, ...log, read }, head));
  return {
    origin: log.origin,
    entries: read.entries,
    manifests: read.manifests,
    holes: read.holes,
    size: read.size - read.manifests.missing,
    places: read.size,
    findings: [
      ...compareKeys({ ...log, former: traced.former }, keys),
      ...traced.findings,
      ...findings,
      ...read.findings,
      ...listUnsigned(log, heads),
      ...checkEdge(log, heads),
      ...onceEach(compared.flatMap((each) => each.finding ?? [])),
    ],
    unchecked: [
      ...(keys.length === 0 ? [keyUnknown] : []),
      ...compared.flatMap((each) => each.unchecked ?? []),
    ],
  };
}

const keyUnknown: Unchecked = {
  reason: 'key_unknown',
  sentence:
    'Whether the log is signed with the right key cannot be checked: this process has no key of its own, and --key names none.',
};

type LogRow = {
  readonly origin: string;
  readonly key: string;
  readonly size: number;
  readonly checkpoint: string | null;
  readonly frontier: Buffer;
  /** The place after the last entry. */
  readonly entriesEnd: number;
};

type Head = Anchor & { readonly opened: OpenedCheckpoint };

function openHead(
  { origin, size, entriesEnd }: LogRow,
  keysAt: KeysAt,
  anchor: Anchor,
  findings: Finding[],
): readonly Head[] {
  const { name, note } = anchor;
  if (note === '' && size === 0 && entriesEnd === 0) return [];
  try {
    return [{ ...anchor, opened: openCheckpoint(note, origin, keysAt(peekSize(note))) }];
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    findings.push(
      finding('checkpoint_invalid', `Of ${name}: ${error.message}`, { anchor: anchorOf(name) }),
    );
    return [];
  }
}

/** Entries that the log had when its newest checkpoint was read, but that the checkpoint does not cover. */
function listUnsigned({ entriesEnd }: LogRow, heads: readonly Head[]): readonly Finding[] {
  const size = heads.find(({ name }) => name === ownName)?.opened.checkpoint.size;
  if (size === undefined || entriesEnd <= size) return [];
  const which = entriesEnd - size === 1 ? `Entry ${size}` : `Entries ${size} to ${entriesEnd - 1}`;
  const sentence = `${which} of the log ${entriesEnd - size === 1 ? 'stands' : 'stand'} behind those that ${ownName} was signed for: the sealer has put nothing there.`;
  return [finding('manifest_invalid', sentence, { entry: size })];
}

/** Checks that the next entries would extend the tree of the newest checkpoint: otherwise nothing is sealed. */
function checkEdge({ frontier }: LogRow, heads: readonly Head[]): readonly Finding[] {
  const head = heads.find(({ name }) => name === ownName)?.opened.checkpoint;
  if (head === undefined || isEdgeOf(frontier, head)) return [];
  const sentence = `The edge of the tree in the database (frontier in zendesk_evidence.logs) is not that of the tree that ${ownName} was signed for: it was changed, and nothing is sealed.`;
  return [finding('checkpoint_invalid', sentence)];
}

/** What a checkpoint says about the log. */
type Compared = { readonly finding?: Finding; readonly unchecked?: Unchecked };

async function compareHead(
  db: Database,
  of: Omit<ChainToVerify, 'keys'> & LogRow & { readonly read: ReadLog },
  { name, opened, note, copy }: Head,
): Promise<Compared> {
  const { size: readSize, knownSize, roots, manifests, frontier } = of.read;
  const { size, root } = opened.checkpoint;
  const facts = { anchor: anchorOf(name) };
  const present = readSize - manifests.missing;
  if (name === ownName && size > present)
    return {
      finding: finding(
        'log_truncated',
        `The log has ${present} entries, and ${name} says ${size}: ${size - present} were removed, or the database was restored from an older backup.`,
      ),
    };
  if (size > readSize) {
    const waiting = (await loadLater(db, of.account, readSize)).filter(({ index }) => index < 0);
    const longer = { name, size, note, copy: knownSize === readSize ? copy : undefined };
    return { finding: await explainShorter(db, { ...of, frontier, waiting }, longer) };
  }
  if (size > knownSize)
    return {
      unchecked: {
        reason: 'manifest_missing',
        sentence: `Whether the first ${size} entries of the log are those that ${name} was signed for cannot be checked: some are missing, and so are their hashes.`,
      },
    };
  if ((roots.get(size) ?? findRoot(emptyFrontier)).equals(root)) return {};
  return {
    finding: finding(
      'log_rewritten',
      `The first ${size} entries of the log are not those that ${name} was signed for.`,
      facts,
    ),
  };
}

/** The size that a note speaks of, before it is verified. */
function peekSize(note: string): number {
  return Number(/^[^\n]*\n(\d{1,15})\n/.exec(note)?.[1] ?? 0);
}

/** One for each place: a file of many lines repeats the same. */
function onceEach(findings: readonly Finding[]): readonly Finding[] {
  return [
    ...new Map(findings.toReversed().map((each) => [each.anchor, each])).values(),
  ].toReversed();
}

function anchorOf(name: string): string | undefined {
  return name === ownName ? undefined : name;
}
