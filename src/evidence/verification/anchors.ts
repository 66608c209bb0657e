/** Checkpoints kept outside the log: they reveal a log that was rewritten. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import type { Queryable } from '../../database/client.ts';
import { explainError, foreignCodeOf, hasCode, refuseInput } from '../../errors.ts';
import { DerError } from '../anchoring/der.ts';
import { findNotes } from '../anchoring/lines.ts';
import { readTimeStamp } from '../anchoring/time-stamp-form.ts';
import { openDirectory } from '../directory.ts';
import { readPublished } from '../publication.ts';
import type { PublishedCopy } from '../restore/lost-entries.ts';
import type { Anchor } from './chain.ts';
import { finding, type Finding } from './finding.ts';

const longestWaitMs = 30_000;

/** What was collected outside the log: checkpoints, what is wrong with them, and what could not be read. */
export type Outside = {
  readonly anchors: readonly Anchor[];
  readonly findings: readonly Finding[];
  /** A sentence for each place. */
  readonly unreached: readonly string[];
};

/** Where to look. */
type OutsidePlaces = {
  /** Files and addresses that somebody names: they must exist. */
  readonly named: readonly string[];
  /** The file of ANCHOR_FILE. */
  readonly anchorFile: string | undefined;
  /** What the log is published to. */
  readonly stores: readonly PublishedCopy[];
  /** The roots that the certificates of time stamps must lead to; none: any. */
  readonly authorities: readonly X509Certificate[];
};

/**
 * Collects every checkpoint of an account's log that is kept anywhere.
 *
 * @throws {KnownError} `bad_input` when a named one cannot be read
 */
export async function collectOutside(
  db: Queryable,
  account: string,
  { named, anchorFile, stores, authorities }: OutsidePlaces,
): Promise<Outside> {
  const [log] = await db.query<{ origin: string }>(
    'select origin from zendesk_evidence.logs where account = $1',
    [account],
  );
  const origin = log?.origin ?? '';
  const parts: Partial<Outside>[] = [await loadKept(db, account, authorities)];
  for (const place of named) parts.push({ anchors: await loadNamed(place, origin) });
  if (anchorFile !== undefined) parts.push(readLines(anchorFile, origin));
  for (const store of stores) parts.push(await readStore(db, account, store));
  return {
    anchors: parts.flatMap(({ anchors = [] }) => anchors),
    findings: parts.flatMap(({ findings = [] }) => findings),
    unreached: parts.flatMap(({ unreached = [] }) => unreached),
  };
}

/** Those in the database: for each place the first of each day and the newest. Later ones include the earlier ones. */
async function loadKept(
  db: Queryable,
  account: string,
  authorities: readonly X509Certificate[],
): Promise<Partial<Outside>> {
  const rows = await db.query<KeptRow>(
    `select kind, place, note, token, size::float8 as size from (
       (select distinct on (kind, place, date_trunc('day', anchored_at)) *
        from zendesk_evidence.anchors where account = $1
        order by kind, place, date_trunc('day', anchored_at), id)
       union
       (select distinct on (kind, place) *
        from zendesk_evidence.anchors where account = $1 order by kind, place, id desc)
     ) as kept order by id`,
    [account],
  );
  const named = rows.map((row) => ({ ...row, name: nameKept(row) }));
  return {
    anchors: named.map(({ name, note }) => ({ name, note })),
    findings: named.flatMap((row) => checkToken(row, authorities)),
  };
}

type KeptRow = {
  readonly kind: string;
  readonly place: string;
  readonly note: string;
  readonly token: Buffer | null;
  readonly size: number;
};

function nameKept({ kind, place }: KeptRow): string {
  const words = new Map([
    ['witness', `the checkpoint cosigned by the witness ${place}`],
    ['time_stamp', `the checkpoint stamped by ${place}`],
    ['file', `the checkpoint appended to ${place}`],
  ]);
  return words.get(kind) ?? 'the checkpoint in the log of the program';
}

function checkToken(
  { token, note, name, size }: KeptRow & { readonly name: string },
  authorities: readonly X509Certificate[],
): readonly Finding[] {
  if (token === null) return [];
  try {
    readTimeStamp(token, Buffer.from(note), undefined, authorities);
    return [];
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const sentence = `The time stamp over ${name} (${size} entries) is not valid: ${error.message.replace(/\.$/, '')}.`;
    return [finding('checkpoint_invalid', sentence, { anchor: name })];
  }
}

async function loadNamed(place: string, origin: string): Promise<readonly Anchor[]> {
  const isAddress = /^https?:\/\//.test(place);
  let text: string;
  try {
    text = isAddress ? await download(place) : readFileSync(place, 'utf8');
  } catch (error) {
    const reason = foreignCodeOf(error) ?? (error instanceof Error ? error.message : 'no reason');
    throw refuseInput([
      `The checkpoint ${place} cannot be read (${reason}). Use a file or an address that has a checkpoint, or a file of lines with checkpoints.`,
    ]);
  }
  const lines = findNotes(text);
  if (lines.length > 0) return notesOf(place, lines, origin);
  // The program writes the entries beside its files.
  const beside = isAddress ? {} : { copy: openDirectory(dirname(dirname(place))) };
  return [{ name: place, note: text, ...beside }];
}

async function download(address: string): Promise<string> {
  const response = await fetch(address, { signal: AbortSignal.timeout(longestWaitMs) });
  if (!response.ok) throw new Error(`the answer is ${response.status}`);
  return response.text();
}

/** The lines of this log; a file may have lines of several logs. */
function notesOf(name: string, notes: readonly string[], origin: string): readonly Anchor[] {
  return notes.filter((note) => note.startsWith(`${origin}\n`)).map((note) => ({ name, note }));
}

function readLines(path: string, origin: string): Partial<Outside> {
  try {
    return { anchors: notesOf(path, findNotes(readFileSync(path, 'utf8')), origin) };
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === undefined) throw error;
    return { unreached: [`ANCHOR_FILE is ${path}, which cannot be read (${code}).`] };
  }
}

/** The published checkpoint. A checkpoint that shrank is a finding. */
async function readStore(
  db: Queryable,
  account: string,
  store: PublishedCopy,
): Promise<Partial<Outside>> {
  const [state] = await db.query<{ size: number }>(
    `select size::float8 as size from zendesk_evidence.anchor_states
     where account = $1 and kind in ('directory', 'bucket') and place = $2 and size is not null`,
    [account, store.name],
  );
  try {
    const published = await readPublished(store, account);
    const anchors =
      published === undefined
        ? []
        : [{ name: `the checkpoint in ${store.name}`, note: published.note, copy: store }];
    const size = published?.size ?? 0;
    if (size >= (state?.size ?? 0)) return { anchors };
    const sentence = `In ${store.name} the log has ${size} entries, and ${state?.size ?? 0} were published there: files were removed or put back.`;
    return { anchors, findings: [finding('published_less', sentence, { anchor: store.name })] };
  } catch (error) {
    if (hasCode(error, 'sealed_log_differs'))
      return {
        findings: [finding('checkpoint_invalid', error.message, { anchor: store.name })],
      };
    if (!hasCode(error, 'anchor_failed')) throw error;
    return { unreached: [explainError(error)] };
  }
}
