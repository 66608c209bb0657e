/** Checks that the acknowledgements of findings (by whom, which words) match the sealed log. */
import type { Database } from '../../database/client.ts';
import {
  recordOf,
  selectAcknowledgement,
  type StoredAcknowledgement,
} from '../acknowledgements.ts';
import { hashRecord } from '../quarantine-root.ts';
import { loadRecordKeys } from './quarantine.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

/** Findings may be acknowledged while this runs. */
const mostLooks = 3;

/** Compares the acknowledgements of an account with the sealed log; differences are checked a second time. */
export async function verifyAcknowledgements(
  db: Database,
  account: string,
  loadEntries: () => Promise<readonly SealedEntry[]>,
): Promise<readonly Finding[]> {
  let findings: readonly Finding[] = [];
  for (let looks = 0; looks < mostLooks; looks += 1) {
    findings = await compare(db, account, await loadEntries());
    if (findings.length === 0) break;
  }
  return findings;
}

async function compare(
  db: Database,
  account: string,
  entries: readonly SealedEntry[],
): Promise<readonly Finding[]> {
  // What was said last counts.
  const sealed = new Map(
    entries.flatMap((entry) =>
      entry.acknowledged.map(([id, leaf]) => [id, { leaf, entry }] as const),
    ),
  );
  const keys = await loadRecordKeys(db, account);
  const findings: Finding[] = [];
  const rows = db.read<StoredAcknowledgement & { readonly at: string }>(
    `select ${selectAcknowledgement}, acknowledged_at::text as at from zendesk.findings
     where account = $1 and acknowledged_at is not null order by created_at, finding`,
    [account],
  );
  for await (const row of rows) {
    const said = sealed.get(row.finding);
    sealed.delete(row.finding);
    if (said === undefined)
      findings.push(
        finding(
          'acknowledgement_added',
          `Finding ${row.finding} is acknowledged since ${row.at}, and no manifest says so: this program did not note it. If it is right, run "findings acknowledge" for it.`,
          { id: row.finding },
        ),
      );
    else if (hashRecord(recordOf(row), keys)?.toString('base64') !== said.leaf)
      findings.push(describe('acknowledgement_changed', row.finding, said.entry, 'was changed'));
  }
  for (const [id, { entry }] of sealed)
    findings.push(describe('acknowledgement_missing', id, entry, 'was removed'));
  return findings;
}

function describe(
  kind: 'acknowledgement_changed' | 'acknowledgement_missing',
  id: string,
  { index, storedAt }: SealedEntry,
  what: string,
): Finding {
  const place = index < 0 ? 'not sealed yet' : `entry ${index} of the log`;
  return finding(
    kind,
    `What was noted at ${storedAt} (${place}) about who acknowledged finding ${id}, and why, ${what}.`,
    { id, entry: index, time: storedAt },
  );
}
