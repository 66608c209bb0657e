/** Writes the test vectors in docs/canonical-form.md: made by the program, from rows that are hard to write. */
import { createPrivateKey, hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '../src/evidence/canonical-json.ts';
import { formatCheckpoint } from '../src/evidence/forms/checkpoint.ts';
import { emptyFrontier, findRoot, growFrontier } from '../src/evidence/forms/frontier.ts';
import { formatVerifierKey, parseSigningKey, type SigningKey } from '../src/evidence/forms/keys.ts';
import { hashLeaf } from '../src/evidence/forms/merkle.ts';
import { formatNote, signNote } from '../src/evidence/forms/note.ts';
import { hashRecord, rootOfRecords } from '../src/evidence/quarantine-root.ts';
import { canonicalRevision } from '../src/evidence/revision-root.ts';
import { canonicalRow, hashRow, layOut, type CanonicalRow } from '../src/evidence/row-leaf.ts';
import { hashRows, sortRows, type SealedRow } from '../src/evidence/rows-root.ts';
import { accessLogs } from '../src/streams/access-logs.ts';
import { auditLogs } from '../src/streams/audit-logs.ts';
import type { LogStream } from '../src/streams/stream.ts';

const path = new URL('../docs/canonical-form.md', import.meta.url);
const account = 'acme';
const origin = 'acme/zendesk-log-sync';

/** A row with the columns that are not null, as Postgres writes them as text. */
type GivenRow = { readonly log: LogStream; readonly id: string; readonly micros: string } & {
  readonly values: Readonly<Record<string, string>>;
};

const hostile = 'tab\t, line\n, return\r, \b\f\v, \\N, "quotes", ünïcödé 𝄞 \u2028 \u0001';

const rows: readonly GivenRow[] = [
  {
    log: accessLogs,
    id: '01KB2E8R40F1TZ6Y3A9C5D7EWQ',
    micros: '1795780800000000',
    values: {
      user_id: '1500006944327',
      ip_address: '203.0.113.7',
      method: 'GET',
      status: '200',
      url: '/api/v2/tickets/7.json?include=users',
      origin_service: 'Zendesk',
      bytes_sent: '9223372036854775807',
    },
  },
  {
    log: accessLogs,
    id: 'aé\t\u{FF21}',
    micros: '1795780800000000',
    values: {
      ip_address: '2001:db8::1:0:0:1',
      client: hostile,
      referer: '',
      summary: '\\N',
      graphql_query: '{ user(id: 1) { name } }',
      extra: String.raw`{"9": 2, "10": 1, "ä": ["\u0001", "/"], "a": [1.50, 100, 0.0, 1e400, 0.00001, 1234567890123456789012345]}`,
    },
  },
  {
    log: accessLogs,
    id: 'aé\t\u{1D11E}',
    micros: '1795780800000000',
    values: { user_id: '1500006944327', status: '-1', extra: '{}' },
  },
  {
    log: accessLogs,
    id: '01KC',
    micros: '1796083200000001',
    values: { user_id: '1500006944327', url: 'https://acme.example/a\\b' },
  },
  {
    log: auditLogs,
    id: '10',
    micros: '-1500000',
    values: { action: 'update', actor_id: '-1', actor_name: 'Zendesk', source_type: 'user' },
  },
  {
    log: auditLogs,
    id: '9',
    micros: '-1500000',
    values: { actor_id: '7', change_description: hostile, source_label: '', url: 'x' },
  },
];

/** The vectors: what a verifier must come to. */
export function makeVectors() {
  const pages = [accessLogs, auditLogs].map(({ name, table }) => {
    const own = rows.filter(({ log }) => log.name === name).map(toSealed);
    const keys = new Map(own.map(({ keyName, key }) => [keyName, key]));
    const sorted = sortRows(table, own);
    return {
      log: name,
      ids: sorted.map(({ id }) => id),
      ...describePage(hashRows(table, sorted, keys), sorted),
    };
  });
  return {
    rows: rows.map(describeRow),
    revision: describeRevision(),
    quarantine: describeQuarantine(),
    pages: pages.map(({ log, ids, root }) => ({ log, ids, root })),
    log: describeLog(pages),
  };
}

function toSealed({ log, id, micros, values }: GivenRow) {
  const ms = Math.floor(Number(micros) / 1000);
  const month = `${new Date(ms).toISOString().slice(0, 7)}-01`;
  const person = values[log.table.actor] ?? '0';
  const keyName = `${person} ${month}`;
  return {
    id,
    micros,
    row: values,
    person,
    month,
    keyName,
    key: hash('sha256', keyName, 'buffer'),
  };
}

function describeRow(given: GivenRow) {
  const { log, id, micros, values } = given;
  const { person, month, key } = toSealed(given);
  const { columns } = log.table;
  const all = Object.fromEntries(columns.map((column) => [column, values[column] ?? null]));
  const canonical = canonicalRow(layOut(log.table), id, micros, values);
  return {
    log: log.name,
    id,
    micros,
    columns: all,
    person,
    month,
    ...describeLeaf(canonical, key),
  };
}

/** The lines of a row and the hash of its leaf. */
function describeLeaf(canonical: CanonicalRow, key: Buffer) {
  const plain = `${canonical.id}\t${canonical.micros}${canonical.plain}`;
  const salt = hash('sha256', Buffer.concat([key, hash('sha256', plain, 'buffer')]), 'hex');
  return {
    key: key.toString('hex'),
    plain,
    personal: salt + canonical.personal,
    leaf: Buffer.from(hashRow(canonical, key), 'latin1').toString('hex'),
  };
}

function describeRevision() {
  const revision = {
    revision: '3',
    id: '9',
    micros: '1795780800000000',
    plain: '{"account": "acme", "actor_id": 7, "action": "update"}',
    personal: '{"extra": {"b": 1, "a": []}, "actor_name": "Jo\\tDoe", "ip_address": null}',
  };
  const { plain: open, personal: hidden, ...key } = revision;
  const secret = hash('sha256', '7 2026-11-01', 'buffer');
  return { ...key, open, hidden, ...describeLeaf(canonicalRevision(revision), secret) };
}

function describeQuarantine() {
  const records = ['{"id": "\\ud800", "broken"', 'no JSON\t\u{1D11E}\xff'].map((text, place) => {
    // The second one is no UTF-8 either.
    const content = Buffer.from(text, place === 0 ? 'utf8' : 'latin1');
    const micros = `179578080000000${place}`;
    const key = hash('sha256', '0 2026-11-01', 'buffer');
    const keys = new Map([['0 2026-11-01', key]]);
    const leaf = hashRecord({ stream: auditLogs.name, micros, content }, keys) ?? Buffer.alloc(0);
    return {
      log: auditLogs.name,
      micros,
      bytes: content.toString('base64'),
      key: key.toString('hex'),
      leaf,
    };
  });
  return {
    records: records.map((record) => ({ ...record, leaf: record.leaf.toString('hex') })),
    root: rootOfRecords(records.map(({ leaf }) => leaf)),
  };
}

function describePage({ root }: ReturnType<typeof hashRows>, sorted: readonly SealedRow[]) {
  const [first, last] = [sorted[0], sorted.at(-1)].map((row) => [row?.micros, row?.id]);
  return { root: root.toString('base64'), first, last };
}

/** A log of two pages behind its begin, and its checkpoint. */
function describeLog(
  pages: readonly {
    log: string;
    ids: readonly string[];
    root: string;
    first: unknown;
    last: unknown;
  }[],
) {
  const entries = [
    { kind: 'begun', version: '1.0.0', coverage: {}, stored_at: '2026-11-27T12:00:00.000000Z' },
    ...pages.map(({ log, ids, root, first, last }, page) => ({
      kind: 'page',
      stream: log,
      fetch: '1',
      page: page + 1,
      span: [0, 1795780801],
      rows: { count: ids.length, root, first, last },
      days: { '2026-11-27': ids.length },
      new: ids.length,
      late: 0,
      quarantined: 0,
      revisions: 0,
      stored_at: `2026-11-27T12:00:0${page + 1}.000001Z`,
    })),
  ].map((manifest) => canonicalJson(JSON.stringify({ v: 1, account, ...manifest })));
  const leaves = entries.map((entry) => hashLeaf(Buffer.from(entry)));
  const key = makeSigningKey();
  const frontier = growFrontier(emptyFrontier, leaves);
  const checkpoint = formatCheckpoint({
    origin,
    size: frontier.size,
    root: findRoot(frontier),
    extensions: [],
  });
  return {
    entries,
    leaves: leaves.map((leaf) => leaf.toString('hex')),
    key: formatVerifierKey(key.verifier),
    checkpoint: formatNote(signNote(checkpoint, [key])),
  };
}

/** The same key each time: nothing else is signed with it. */
function makeSigningKey(): SigningKey {
  const seed = hash('sha256', 'a key for test vectors', 'buffer');
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([head, seed]), format: 'der', type: 'pkcs8' });
  return parseSigningKey(String(key.export({ format: 'pem', type: 'pkcs8' })), origin);
}

if (import.meta.main) {
  // A line separator cannot be seen.
  const vectors = JSON.stringify(makeVectors(), null, 2).replaceAll('\u2028', '\\u2028');
  const document = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    document.replace(/(?<=```json\n)[^]*?(?=```)/, () => `${vectors}\n`),
  );
}
