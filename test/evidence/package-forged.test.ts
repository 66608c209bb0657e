/** Packages that somebody changed on the way, by a byte or by all that belongs to it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  editLines,
  listFindings,
  newPath,
  repack,
  runOwnVerifier,
  unpack,
  verifyFile,
  withSealedAccount,
  type Forge,
} from '../support/evidence-package.ts';

/** A small package of a whole day, which all tests change. */
let path = '';
let finish: () => void = () => {};
let ended: Promise<void>;

before(async () => {
  const made = Promise.withResolvers<void>();
  ended = withSealedAccount(async ({ pack }) => {
    const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const from = new Date(`${day}T00:00:00Z`);
    const span = { from, to: new Date(from.getTime() + 86_400_000) };
    ({ path } = await pack({ streams: [auditLogs], span }));
    made.resolve();
    await new Promise<void>((resolve) => (finish = resolve));
  });
  await Promise.race([made.promise, ended]);
});
after(async () => {
  finish();
  await ended;
});

function flip(bytes: Buffer, at: number, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
  return flipped;
}

async function find(bytes: Buffer): Promise<readonly string[]> {
  const target = newPath('flipped.zip');
  writeFileSync(target, bytes);
  return listFindings(await verifyFile(target));
}

describe('a package of which one bit is another', () => {
  it('is found wherever it is: in heads, contents, padding, names, the list of files, the end, the comment', async () => {
    const bytes = readFileSync(path);
    assert.deepEqual(await find(bytes), []);
    const list = bytes.readUInt32LE(
      bytes.length -
        22 -
        bytes.readUInt16LE(bytes.lastIndexOf('PK\u0005\u0006', undefined, 'latin1') + 20) +
        16,
    );
    const step = Math.ceil(bytes.length / 150);
    const places = new Set([
      // The first head with its name, the end of the list, the end and its comment, and places everywhere.
      ...Array.from({ length: 60 }, (_, at) => at),
      ...Array.from({ length: 46 }, (_, at) => list + at),
      ...Array.from({ length: 22 + 105 }, (_, at) => bytes.length - 1 - at),
      ...Array.from({ length: 150 }, (_, at) => at * step),
    ]);
    for (const at of places) {
      if (at >= bytes.length) continue;
      const found = await find(flip(bytes, at, at % 8));
      assert.notDeepEqual(found, [], `byte ${at} of ${bytes.length}`);
    }
  });

  it('is found when it is shorter, longer, or nothing at all', async () => {
    const bytes = readFileSync(path);
    const others = [
      bytes.subarray(0, -1),
      bytes.subarray(0, 1000),
      Buffer.concat([bytes, Buffer.from('x')]),
      Buffer.concat([Buffer.from('x'), bytes]),
      Buffer.alloc(0),
      Buffer.from('no archive'),
    ];
    for (const other of others) assert.notDeepEqual(await find(other), [], String(other.length));
  });

  it('is found by its own verifier once it is unpacked, with the name of the file', async () => {
    const folder = await unpack(path);
    assert.equal(runOwnVerifier(folder).status, 0);
    const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8');
    const names = sums.split('\n').flatMap((line) => line.slice(66) || []);
    assert.ok(names.includes('rows/audit_logs.ndjson') && names.length > 12, names.join());
    for (const name of [...names, 'SHA256SUMS'].filter((each) => each !== 'verify.mjs')) {
      const bytes = readFileSync(join(folder, name));
      writeFileSync(join(folder, name), flip(bytes, Math.floor(bytes.length / 2), 1));
      const { status, text } = runOwnVerifier(folder);
      assert.equal(status, 1, `${name}: ${text}`);
      assert.match(text, /^WRONG: /m);
      if (name !== 'SHA256SUMS') assert.ok(text.includes(`WRONG: ${name}: `), `${name}: ${text}`);
      writeFileSync(join(folder, name), bytes);
    }
    writeFileSync(join(folder, 'rows/added.ndjson'), '');
    assert.match(
      runOwnVerifier(folder).text,
      /^WRONG: rows\/added\.ndjson: is not in SHA256SUMS$/m,
    );
  });
});

const rows = 'rows/audit_logs.ndjson';
const proofs = 'proofs/audit_logs.ndjson';
const table = 'rows/audit_logs.csv';

/** What somebody may change who makes all hashes fit afterwards, and what is found. `own`: also by the package's own verifier. */
const forgeries: readonly (readonly [string, Forge, RegExp, own: boolean])[] = [
  [
    'another value in a row',
    (files) =>
      editLines(files, rows, ([first = '', ...rest]) => [
        first.replace('"action":"', '"action":"x'),
        ...rest,
      ]),
    /^rows\/audit_logs\.ndjson: \d+: It is not as it was sealed\.$/m,
    true,
  ],
  [
    'a member that rows do not have',
    (files) =>
      editLines(files, rows, ([first = '', ...rest]) => [
        first.replace('{', '{"approved":"yes",'),
        ...rest,
      ]),
    /Line 1 is no row\./,
    true,
  ],
  [
    'a row that is left out, with its proof and its line in the table',
    (files) => {
      for (const name of [rows, proofs]) editLines(files, name, ([, ...rest]) => rest);
      const text = String(files.get('statement.json'));
      files.set(
        'statement.json',
        Buffer.from(
          text.replaceAll(
            /"(rows|proven)": (\d+)/g,
            (_, key: string, count: string) => `"${key}": ${Number(count) - 1}`,
          ),
        ),
      );
    },
    /^rows\/audit_logs\.ndjson: On \S+ the package has \d+ rows of audit_logs, and the sealed log says \d+\.$/m,
    false,
  ],
  [
    'a row that stands twice',
    (files) => {
      for (const name of [rows, proofs])
        editLines(files, name, ([first = '', ...rest]) => [first, first, ...rest]);
    },
    /It is there twice\./,
    false,
  ],
  [
    'two proofs in the place of each other',
    (files) =>
      editLines(files, proofs, ([first = '', second = '', ...rest]) => [second, first, ...rest]),
    /Its proof is that of row/,
    true,
  ],
  [
    'a row whose proof was taken away',
    (files) =>
      editLines(files, proofs, ([first = '', ...rest]) => {
        const { id, time } = JSON.parse(first) as { id: string; time: string };
        return [JSON.stringify({ id, time, entry: null, unproven: 'before_log' }), ...rest];
      }),
    /It has no proof, and the log has the manifest of its page\./,
    false,
  ],
  [
    'another value in the table for spreadsheets',
    (files) =>
      files.set(table, Buffer.from(String(files.get(table)).replace(',update,', ',create,'))),
    /^rows\/audit_logs\.csv: \d+: It is not as in rows\/audit_logs\.ndjson\.$/m,
    false,
  ],
  [
    'coverage that no manifest bears out',
    (files) => {
      const statement = JSON.parse(String(files.get('statement.json'))) as {
        streams: { covered: number[][] }[];
      };
      statement.streams[0]?.covered.push([1, 100]);
      files.set('statement.json', Buffer.from(JSON.stringify(statement)));
    },
    /^statement\.json: audit_logs counts as covered from 1970/m,
    false,
  ],
  [
    'a manifest that says something else',
    (files) =>
      editLines(files, 'manifests.ndjson', (lines) =>
        lines.map((line) => line.replace('"late":0', '"late":1')),
      ),
    /^manifests\.ndjson: Entry \d+ differs from the log\.$/m,
    true,
  ],
  [
    'a checkpoint of another root',
    (files) => {
      const [origin, size, root = '', ...rest] = String(files.get('log/checkpoint')).split('\n');
      const other = Buffer.from(root, 'base64').fill(7, 0, 1).toString('base64');
      files.set('log/checkpoint', Buffer.from([origin, size, other, ...rest].join('\n')));
    },
    /^log\/checkpoint: The signature of acme\/zendesk-log-sync\+[\da-f]{8} does not fit the text/m,
    true,
  ],
];

describe('a package that was forged, with hashes that fit', () => {
  for (const [what, forge, expected, own] of forgeries)
    it(`is found with ${what}`, async () => {
      const forged = await repack(path, forge);
      assert.match(listFindings(await verifyFile(forged)).join('\n'), expected);
      if (!own) return;
      const { status, text } = runOwnVerifier(await unpack(forged));
      assert.equal(status, 1, text);
      assert.match(text, /^WRONG: (?!.*as it was packed)/m);
    });
});
