/** docs/canonical-form.md, as somebody reads it who has nothing else: nothing here but the vectors comes from the program. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { makeVectors } from '../../../scripts/canonical-form.ts';

const document = readFileSync(new URL('../../../docs/canonical-form.md', import.meta.url), 'utf8');
const [, block = ''] = /```json\n([^]*?)```/.exec(document) ?? [];
const vectors = JSON.parse(block) as ReturnType<typeof makeVectors>;

const sha256 = (...pieces: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

/** The columns of a log in the order of the table in the document: those that are not personal, and those that are. */
function listColumns(log: string): readonly (readonly string[])[] {
  const row = document.split('\n').find((line) => line.startsWith(`| \`${log}\``)) ?? '';
  const [, plain = '', personal = ''] = row.split('|').slice(1);
  return [plain, personal].map((cell) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
}

const letters: Readonly<Record<string, string>> = {
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
  '\\': '\\',
};

const escape = (text: string): string =>
  Array.from(text)
    .map((character) => (letters[character] ? `\\${letters[character]}` : character))
    .join('');

/** Numbers of JSON as the document wants them, texts of them otherwise unknown to JavaScript. */
function writeNumber(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(source) ?? [];
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return '0';
  const [, short = '', zeros = ''] = /^(\d*?)(0*)$/.exec(String(digits)) ?? [];
  const power = Number(exponent) - fraction.length + zeros.length;
  if (power === 0) return sign + short;
  const isShort = power > 0 && short.length + power <= 21;
  return sign + (isShort ? short + '0'.repeat(power) : `${short}e${power}`);
}

const byUnits = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

const isNumber = (value: unknown): value is { source: string } =>
  typeof value === 'object' && value !== null && 'source' in value;

function writeJson(text: string): string {
  const write = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
    if (isNumber(value)) return writeNumber(value.source);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const members = Object.entries(value).toSorted(byUnits);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`).join(',')}}`;
  };
  const keepNumber = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? { source: context?.source ?? '' } : value;
  return write(JSON.parse(text, keepNumber));
}

function writeValue(column: string, value: string | null): string {
  if (value === null) return '\\N';
  return escape(column === 'extra' ? writeJson(value) : value);
}

function leafOf(plain: string, personal: string): string {
  return sha256(Uint8Array.of(0, 1), sha256(plain), sha256(personal)).toString('hex');
}

/** RFC 6962, section 2.1. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

describe('the document of the canonical form', () => {
  it('has the vectors that the program makes', () => {
    assert.deepEqual(vectors, JSON.parse(JSON.stringify(makeVectors())), 'npm run docs:canonical');
  });

  it('says all that it takes to come to the lines and the leaf of each row', () => {
    assert.equal(vectors.rows.length, 6);
    for (const row of vectors.rows) {
      const [open = [], hidden = []] = listColumns(row.log);
      assert.equal(open.length + hidden.length, Object.keys(row.columns).length);
      const write = (name: string): string => writeValue(name, row.columns[name] ?? null);
      const plain = [escape(row.id), row.micros, ...open.map(write)].join('\t');
      assert.equal(row.plain, plain);
      assert.equal(row.key, sha256(`${row.person} ${row.month}`).toString('hex'));
      const salt = sha256(Buffer.from(row.key, 'hex'), sha256(plain)).toString('hex');
      assert.equal(row.personal, [salt, ...hidden.map(write)].join('\t'));
      assert.equal(row.leaf, leafOf(row.plain, row.personal));
    }
  });

  it('says the same of a revision', () => {
    const { id, micros, revision, open, hidden, key, ...lines } = vectors.revision;
    const plain = [escape(id), micros, revision, escape(writeJson(open))].join('\t');
    assert.equal(lines.plain, plain);
    const salt = sha256(Buffer.from(key, 'hex'), sha256(plain)).toString('hex');
    assert.equal(lines.personal, `${salt}\t${escape(writeJson(hidden))}`);
    assert.equal(lines.leaf, leafOf(lines.plain, lines.personal));
  });

  it('says the same of records in quarantine', () => {
    const { records, root } = vectors.quarantine;
    const leaves = records.map(({ log, micros, bytes, key, leaf }) => {
      const content = Buffer.from(bytes, 'base64');
      const salt = sha256(Buffer.from(key, 'hex'), sha256(content)).toString('hex');
      const hidden = sha256(salt, content);
      const hashed = sha256(Uint8Array.of(0, 1), sha256(`${log}\t${micros}`), hidden);
      assert.equal(leaf, hashed.toString('hex'));
      return hashed;
    });
    assert.equal(rootOf(leaves.toSorted((a, b) => a.compare(b))).toString('base64'), root);
  });

  it('says all that it takes to come from leaves to the checkpoint of a log', () => {
    for (const { log, ids, root } of vectors.pages) {
      const leaves = ids.map((id) => vectors.rows.find((row) => row.log === log && row.id === id));
      const hashes = leaves.map((row) => Buffer.from(row?.leaf ?? '', 'hex'));
      assert.equal(rootOf(hashes).toString('base64'), root);
      assert.ok(vectors.log.entries.some((entry) => entry.includes(`"root":"${root}"`)));
    }
    for (const entry of vectors.log.entries) assert.equal(writeJson(entry), entry);
    const leaves = vectors.log.entries.map((entry) => sha256(Uint8Array.of(0), entry));
    assert.deepEqual(
      leaves.map((leaf) => leaf.toString('hex')),
      vectors.log.leaves,
    );
    const [text = '', signature = ''] = vectors.log.checkpoint.split('\n\n');
    const [name = '', id = '', key = ''] = vectors.log.key.split('+');
    assert.equal(text, `${name}\n3\n${rootOf(leaves).toString('base64')}`);
    const signed = Buffer.from(signature.split(' ')[2] ?? '', 'base64');
    assert.equal(signed.toString('hex', 0, 4), id);
    const x = Buffer.from(key, 'base64').subarray(1).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    assert.ok(verify(null, Buffer.from(`${text}\n`), publicKey, signed.subarray(4)));
  });
});
