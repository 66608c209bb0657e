/** Makes an evidence package: rows, their proofs, the sealed log, the keys, and what they say together. */
import { readFileSync } from 'node:fs';
import type { Database } from '../../database/client.ts';
import { KnownError } from '../../errors.ts';
import { listKept, type KeptFile } from '../../evidence/anchoring/kept.ts';
import { layOut } from '../../evidence/row-leaf.ts';
import { loadSealedHead, type SealedHead } from '../../evidence/proving/head.ts';
import { createProver } from '../../evidence/proving/prover.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { ReportScope, Write } from '../shared/report.ts';
import { openArchivedOf } from '../shared/with-archive.ts';
import { createArchive, type ArchiveWriter } from './archive-writer.ts';
import { compareCoverage, compareDays, type LogDigest } from './log-digest.ts';
import { names, rowFiles } from './names.ts';
import { packLog } from './pack-log.ts';
import { packRows, type PackedRows } from './pack-rows.ts';
import { renderReadme, unprovenWords, type ReadmeFacts } from './readme.ts';
import { isUnfiltered, selectRows } from './selection.ts';
import { withSpools, type Spool } from './spool.ts';
import {
  stateCoverages,
  statePackage,
  type PackageQuestion,
  type PackageStatement,
  type StatedCoverage,
} from './statement.ts';

/** Receives the progress: the log, the number of rows, and the time of the newest in microseconds since 1970. */
export type ReportPacking = (stream: string, rows: number, micros: number) => void;

/**
 * Writes a package as a zip archive, in constant memory. Differences from the sealed log are in the
 * statement that it returns, and in the package.
 *
 * @throws {KnownError} `bad_input` if there is no sealed log, or none of the span is available
 */
export async function writePackage(
  scope: ReportScope<Database>,
  question: PackageQuestion,
  write: Write,
  report: ReportPacking,
): Promise<PackageStatement> {
  const { db, account, now } = scope;
  const head = await loadSealedHead(db, account);
  if (head === undefined)
    throw new KnownError('bad_input', {
      found: `The account ${account} has no sealed log yet`,
      wayOut: 'Run "sync" or "serve" first',
    });
  const read = { ...scope, archived: question.streams.map(({ name }) => name) };
  const stated = await stateCoverages(read, question);
  return withSpools(async (createSpool) => {
    const archive = createArchive(write, now);
    const packed = new Map<string, PackedRows>();
    for (const stream of question.streams)
      packed.set(
        stream.name,
        await addRows({ scope, question, head, archive, createSpool, report }, stream),
      );
    const entries = new Set([...packed.values()].flatMap((rows) => [...rows.entries]));
    const streams = question.streams.map(({ name }) => name);
    const concern = { entries, streams, span: question.span };
    const digest = await packLog(db, head, archive, concern, await createSpool());
    const anchors = await listKept(db, account, 0, head.size);
    for (const { path, bytes } of anchors) await archive.add(`log/${path}`, [bytes]);
    const findings = [
      ...new Set([
        ...[...packed.values()].flatMap((rows) => rows.findings),
        ...judge(question, head, digest, stated, packed),
      ]),
    ];
    const statement = statePackage(scope, question, head, stated, packed, findings);
    await addRest(archive, question, head, { statement, packed, digest, anchors });
    await archive.finish();
    return statement;
  });
}

type Packing = {
  readonly scope: ReportScope<Database>;
  readonly question: PackageQuestion;
  readonly head: SealedHead;
  readonly archive: ArchiveWriter;
  readonly createSpool: () => Promise<Spool>;
  readonly report: ReportPacking;
};

async function addRows(
  { scope, question, head, archive, createSpool, report }: Packing,
  stream: LogStream,
): Promise<PackedRows> {
  const spools = {
    rows: await createSpool(),
    table: await createSpool(),
    proofs: await createSpool(),
  };
  let rows = 0;
  const { db, account } = scope;
  const archived = await openArchivedOf(scope);
  const task = {
    account,
    stream,
    selection: {
      ...selectRows(stream, account, question.span, question.filters),
      span: question.span,
      isWhole: isUnfiltered(question.filters),
      classify: scope.archive?.classify,
    },
    prove: createProver(db, head, archived),
    archived,
    begunAt: head.begunAt,
    report: (micros: string) => report(stream.name, (rows += 1), Number(micros)),
  };
  const packed = await packRows(db, task, spools);
  const files = rowFiles(stream.name);
  for (const kind of ['rows', 'table', 'proofs'] as const)
    await archive.add(files[kind], spools[kind].read());
  return packed;
}

/** Differences from the sealed log, apart from single rows. */
function judge(
  { streams, span, filters }: PackageQuestion,
  { size, root }: SealedHead,
  digest: LogDigest,
  stated: ReadonlyMap<string, StatedCoverage>,
  packed: ReadonlyMap<string, PackedRows>,
): readonly string[] {
  const isLog = digest.rootAt(size)?.equals(root) === true;
  return [
    ...digest.findings(),
    ...(isLog ? [] : [`The ${size} entries of the sealed log are not those of its checkpoint.`]),
    ...streams.flatMap(({ name }) => {
      const rows = packed.get(name);
      const isComplete = rows !== undefined && isUnfiltered(filters);
      const erased = rows?.unproven['erased'] ?? 0;
      return [
        // For what this program erases, commitments are kept.
        ...(erased > 0
          ? [
              `${erased} rows of ${name} ${unprovenWords['erased']}, and nothing in the log says so.`,
            ]
          : []),
        ...compareCoverage(name, stated.get(name)?.covered ?? [], digest.covered(name)),
        ...(isComplete ? compareDays(name, span, digest, rows) : []),
      ];
    }),
  ];
}

type Made = {
  readonly statement: PackageStatement;
  readonly packed: ReadonlyMap<string, PackedRows>;
  readonly digest: LogDigest;
  readonly anchors: readonly KeptFile[];
};

async function addRest(
  archive: ArchiveWriter,
  { streams, witnessKeys }: PackageQuestion,
  { keys: [key = '', ...former] }: SealedHead,
  { statement, packed, digest, anchors }: Made,
): Promise<void> {
  await archive.add(names.keys, [`${key}\n`]);
  if (former.length > 0) await archive.add(names.formerKeys, [`${former.join('\n')}\n`]);
  const hasWitnesses = witnessKeys.length > 0;
  if (hasWitnesses) await archive.add(names.witnesses, [`${witnessKeys.join('\n')}\n`]);
  const example = [...packed.values()].find((rows) => rows.example !== undefined)?.example;
  if (example !== undefined) {
    await archive.add(names.exampleProof, [example.proof]);
    await archive.add(names.exampleEntry, [example.manifest]);
  }
  await archive.add(names.statement, [`${JSON.stringify(statement, null, 2)}\n`]);
  const shown = example && digest.rows.get(example.entry.index);
  const stamps = listStamps(anchors);
  const facts = { statement, example: shown, stamps, hasWitnesses };
  await archive.add(names.readme, [renderReadme(facts)]);
  await archive.add(names.verifier, [fillVerifier(streams)]);
  for (const file of ['main.go', 'go.mod', 'go.sum'])
    await archive.add(`go/${file}`, [readKit(`go/${file}`)]);
}

/** The time stamps, each with the note next to it, oldest first. */
function listStamps(anchors: readonly KeptFile[]): ReadmeFacts['stamps'] {
  return anchors
    .filter(({ path }) => path.endsWith('.tsr'))
    .map(({ path }) => ({ token: `log/${path}`, note: `log/${path.replace(/tsr$/, 'note')}` }));
}

/** The verifier: it knows the columns of the logs itself and does not trust the package about them. */
function fillVerifier(streams: readonly LogStream[]): string {
  const layouts = streams.map(({ name, table }) => [
    name,
    { id: table.id.name, time: table.time, ...layOut(table) },
  ]);
  const text = JSON.stringify(Object.fromEntries(layouts));
  return readKit('verify.mjs').replace('const layouts = {};', () => `const layouts = ${text};`);
}

function readKit(file: string): string {
  return readFileSync(new URL(`kit/${file}`, import.meta.url), 'utf8');
}
