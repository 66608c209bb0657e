// Verifies the evidence package in whose folder it is: "node verify.mjs", Node.js 22 or newer. Status 1 when anything is wrong.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';

process.chdir(import.meta.dirname);
// The columns of each log in the order in which they are hashed; those that are personal behind a salt.
const layouts = {};
let problems = 0;
const wrong = (place, words) => console.log(`WRONG: ${place}: ${words}`) ?? (problems += 1);
const read = (file) => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
const listLines = (file) => String(read(file)).split('\n').filter(Boolean);
async function* readLines(file) {
  let rest = '';
  for await (const chunk of existsSync(file) ? createReadStream(file, 'utf8') : []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    yield* lines;
  }
}
const sum = (bytes) => createHash('sha256').update(bytes).digest();
const hashLeaf = (data) => sum(Buffer.concat([Buffer.of(0), Buffer.from(data)]));
const hashNode = (left, right) => sum(Buffer.concat([Buffer.of(1), left, right]));

// Each file is as SHA256SUMS says, and there are no others.
const sums = new Map(listLines('SHA256SUMS').map((line) => [line.slice(66), line.slice(0, 64)]));
for (const entry of readdirSync('.', { recursive: true, withFileTypes: true })) {
  const file = `${entry.parentPath}/${entry.name}`.replace(/^\.\//, '');
  if (entry.isFile() && file !== 'SHA256SUMS' && !sums.has(file))
    wrong(file, 'is not in SHA256SUMS');
}
for (const [file, digest] of sums) {
  const hash = createHash('sha256');
  for await (const chunk of existsSync(file) ? createReadStream(file) : []) hash.update(chunk);
  if (!existsSync(file) || hash.digest('hex') !== digest) wrong(file, 'is not as it was packed');
}
console.log(`${sums.size} files were compared with SHA256SUMS.`);

// Checkpoints are signed by the log (C2SP signed-note), and may be by witnesses, with a time (C2SP tlog-cosignature).
const keyFiles = ['log', 'former', 'witnesses'].map((name) => `keys/${name}.vkey`);
const keys = keyFiles.flatMap(listLines).map((line) => {
  const [name, id] = line.split('+');
  const [type, ...bytes] = Buffer.from(line.slice(name.length + 10), 'base64');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(bytes).toString('base64url') };
  return { name, id, type, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
});
function openNote(file) {
  const note = String(read(file));
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  const [origin, size, root] = text.split('\n');
  const signers = [];
  for (const line of note.slice(text.length + 1).split('\n')) {
    const [, name, base64 = ''] = line.split(' ');
    const bytes = Buffer.from(base64, 'base64');
    const key = keys.find((each) => each.name === name && each.id === bytes.toString('hex', 0, 4));
    if (key === undefined) continue;
    const isTimed = key.type === 4;
    const said = isTimed ? `cosignature/v1\ntime ${bytes.readBigUInt64BE(4)}\n${text}` : text;
    const fits = verify(null, Buffer.from(said), key.publicKey, bytes.subarray(isTimed ? 12 : 4));
    if (fits) signers.push(name);
    else wrong(file, `the signature of ${name} does not fit`);
  }
  if (!signers.includes(origin)) wrong(file, 'the log has not signed it');
  return { note, origin, size: Number(size), root, signers };
}
const head = openNote('log/checkpoint');
for (const file of sums.keys()) {
  if (file.endsWith('.note')) openNote(file);
  // That a time stamp is of this note; whose it is, openssl verifies.
  if (file.endsWith('.tsr') && !read(file).includes(sum(read(file.replace(/tsr$/, 'note')))))
    wrong(file, 'is the time stamp of something else');
}
console.log(`Checkpoint of ${head.origin}: ${head.size} entries, by ${head.signers.join(', ')}.`);

// Where a proof leads a leaf: RFC 9162, section 2.1.3.2.
function follow(hash, index, size, path) {
  let [at, last] = [index, size - 1];
  for (const sibling of path) {
    if (last <= 0) return undefined;
    const isRight = at % 2 === 1 || at === last;
    hash = isRight ? hashNode(sibling, hash) : hashNode(hash, sibling);
    if (isRight) for (; at !== 0 && at % 2 === 0; at /= 2) last = Math.floor(last / 2);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash.toString('base64') : undefined;
}

// The form of a row that is hashed. Numbers stay as they are written.
const special = { '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v' };
const escape = (text) => text.replaceAll(/[\\\b\f\n\r\t\v]/g, (found) => `\\${special[found]}`);
const keepNumber = (_, v, { source }) => (typeof v === 'number' ? JSON.rawJSON(source) : v);
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (Object(value) !== value || JSON.isRawJSON(value)) return JSON.stringify(value);
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
function render(name, value) {
  if (value === null) return '\\N';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return escape(typeof value === 'string' && name !== 'extra' ? value : canonical(value));
}

const manifests = new Map();
for await (const line of readLines('manifests.ndjson')) {
  const [, index, entry] = /^\{"entry":(\d+),"manifest":(.*)\}$/.exec(line);
  manifests.set(Number(index), { ...JSON.parse(entry), hash: hashLeaf(entry) });
}
// What is wrong with a row: its values to its leaf, the leaf to the manifest of its page, the manifest to the checkpoint.
function judge(stream, row, { id, time, entry, salt, proof }) {
  const layout = layouts[stream];
  const { hash, rows, ...page } = manifests.get(entry) ?? {};
  const columns = 5 + layout.plain.length + layout.personal.length;
  if (Object.keys(row).length !== columns) return 'it has other columns';
  if (row[layout.id] !== id || row[layout.time] !== time) return 'its proof is of another row';
  const isOfPage = page.before ? row.synced_at < page.before : row.synced_at === page.stored_at;
  if (page.stream !== stream || !isOfPage) return 'it is of another page';
  const micros = Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26));
  const write = (names) => names.map((name) => `\t${render(name, row[name])}`).join('');
  const plain = sum(`${escape(id)}\t${micros}${write(layout.plain)}`);
  const leaf = Buffer.concat([Buffer.of(1), plain, sum(salt + write(layout.personal))]);
  const cut = proof.indexOf('\n\n');
  const [form, extra, index, ...path] = proof.slice(0, cut).split('\n');
  const place = Buffer.from(extra.slice('extra '.length), 'base64');
  const cutOut = (_, at) => place.subarray(10 + 32 * at, 42 + 32 * at);
  const inner = Array.from({ length: place[9] }, cutOut);
  if (follow(hashLeaf(leaf), place.readUInt32BE(1), rows.count, inner) !== rows.root)
    return 'it is not as it was sealed';
  const outer = path.map((base64) => Buffer.from(base64, 'base64'));
  if (form !== 'c2sp.org/tlog-proof@v1' || index !== `index ${entry}`) return 'its proof is none';
  if (follow(hash, entry, head.size, outer) !== head.root) return 'its page is not in the log';
  return proof.slice(cut + 2) === head.note ? 'proven' : 'its proof has another checkpoint';
}
for (const stream of Object.keys(layouts)) {
  const proofs = readLines(`proofs/${stream}.ndjson`);
  const told = new Set(['before_log', 'not_sealed', 'removed', 'erased']);
  let [count, proven] = [0, 0];
  for await (const line of readLines(`rows/${stream}.ndjson`)) {
    const proof = JSON.parse((await proofs.next()).value ?? '{}');
    const found = proof.unproven ?? judge(stream, JSON.parse(line, keepNumber), proof);
    const place = `line ${(count += 1)}, row ${proof.id}, entry ${proof.entry}`;
    if (found === 'proven') proven += 1;
    else if (!told.has(found) && !told.has(proof.entry))
      wrong(`rows/${stream}.ndjson`, `${place}: ${found}`);
    // Of a page that could not be proven one row is enough.
    if (proof.unproven === 'mismatch') told.add(proof.entry ?? proof.id);
  }
  console.log(`${stream}: ${count} rows, ${proven} proven, ${count - proven} without a proof.`);
}
console.log(problems === 0 ? 'Nothing is wrong.' : `Wrong: ${problems}.`);
process.exitCode = problems === 0 ? 0 : 1;
