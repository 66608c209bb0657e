/** Verifies an evidence package without a database and without a network. */
import { sortRows } from '../../evidence/rows-root.ts';
import { microsOfIso } from '../../evidence/verification/open-manifests.ts';
import type { LogStream } from '../../streams/stream.ts';
import { byteOrderMark, formatSpreadsheetCell } from '../forms/csv.ts';
import { ArchiveError, openArchive } from './archive-reader.ts';
import { createCheckedFiles, type CheckedFiles } from './check-files.ts';
import { checkLog, type CheckedLog } from './check-log.ts';
import {
  createRowJudge,
  listCells,
  readProofLine,
  readRow,
  type CheckedRow,
} from './check-rows.ts';
import { compareCoverage, compareDays } from './log-digest.ts';
import { names, packageForm, packageVersion, rowFiles } from './names.ts';
import type { Find, PackageFinding } from './package-finding.ts';
import type { PackageStatement, PackedStream } from './statement.ts';
import { createTextMatcher } from './text-matcher.ts';

/** The result of verifying a package. */
export type VerifiedPackage = {
  readonly statement: PackageStatement | undefined;
  readonly files: number;
  readonly log: CheckedLog | undefined;
  readonly streams: readonly (PackedStream & { readonly stream: string })[];
  readonly findings: readonly PackageFinding[];
};

/** How a package is verified. */
type VerificationTask = {
  readonly streams: readonly LogStream[];
  /** Called with the number of rows as they are read. */
  readonly report: (stream: string, rows: number) => void;
};

/** Verifies the package in a file. */
export async function verifyPackage(
  path: string,
  task: VerificationTask,
): Promise<VerifiedPackage> {
  const findings: PackageFinding[] = [];
  const find: Find = (sentence, file, row) => void findings.push({ file, row, sentence });
  const nothing = { statement: undefined, files: 0, log: undefined, streams: [], findings };
  let archive;
  try {
    archive = await openArchive(path);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    find(error.message);
    return nothing;
  }
  try {
    if (archive.damage !== undefined) find(archive.damage);
    const files = await createCheckedFiles(archive, find);
    const statement = await readStatement(files, find);
    const log = statement && (await checkLog(files, statement.origin, find));
    const streams: VerifiedPackage['streams'][number][] = [];
    if (statement !== undefined && log !== undefined)
      for (const { stream } of statement.streams) {
        const known = task.streams.find(({ name }) => name === stream);
        if (known === undefined) find(`This program knows no log ${stream}.`, names.statement);
        else
          streams.push({
            stream,
            ...(await checkStream(files, { stream: known, statement, log, task }, find)),
          });
      }
    await files.readRest();
    return { statement, files: files.names.length, log, streams, findings };
  } finally {
    await archive.close();
  }
}

async function readStatement(
  files: CheckedFiles,
  find: Find,
): Promise<PackageStatement | undefined> {
  try {
    const statement = JSON.parse(await files.readText(names.statement)) as PackageStatement;
    if (statement.form === packageForm && statement.version === packageVersion) {
      for (const sentence of statement.findings) find(`It says itself: ${sentence}`);
      return statement;
    }
    find(
      `It is of the form "${statement.form}", version ${statement.version}; expected "${packageForm}", version ${packageVersion}.`,
      names.statement,
    );
  } catch {
    find('It cannot be read.', names.statement);
  }
  return undefined;
}

type StreamTask = {
  readonly stream: LogStream;
  readonly statement: PackageStatement;
  readonly log: CheckedLog;
  readonly task: VerificationTask;
};

async function checkStream(
  files: CheckedFiles,
  { stream, statement, log, task }: StreamTask,
  find: Find,
): Promise<PackedStream> {
  const { name } = stream;
  const { rows: file, table, proofs } = rowFiles(name);
  const judge = createRowJudge(stream, log, log.digest.begunAt(name) ?? statement.log_begun_at);
  const order = createOrder(stream, statement);
  const lines = files.readLines(proofs);
  const matcher = createTextMatcher(files.read(table));
  const tally = createTally(statement.log_begun_at);
  let isSame = true;
  for await (const line of files.readLines(file)) {
    const row = readRow(stream, line);
    const proof = readProofLine((await lines.next()).value ?? undefined);
    tally.count();
    if (row === undefined || proof === undefined) {
      const words = row === undefined ? 'is no row' : 'has no proof';
      find(`Line ${tally.rows()} ${words}.`, row === undefined ? file : proofs);
      continue;
    }
    const problem = order(row) ?? tally.judge(row, proof.unproven, judge(row, proof));
    if (problem !== undefined) find(problem, file, row.id);
    if (tally.rows() === 1)
      isSame = await matcher.take(`${byteOrderMark}${Object.keys(row.row).join(',')}\r\n`);
    const cells = listCells(row).map(formatSpreadsheetCell).join(',');
    if (isSame && !(await matcher.take(`${cells}\r\n`))) {
      find(`It is not as in ${file}.`, table, row.id);
      isSame = false;
    }
    if (tally.rows() % 1000 === 0) task.report(name, tally.rows());
  }
  if ((await lines.next()).done !== true) find('It has more lines than there are rows.', proofs);
  if (tally.rows() > 0 && isSame && !(await matcher.isAtEnd()))
    find(`It has more rows than ${file}.`, table);
  compareWithStatement({ stream, statement, log, task }, tally, find);
  return tally.end();
}

/** Finds rows that are out of order, appear twice, or are outside the time range. */
function createOrder(
  { table }: LogStream,
  { account, from, to }: PackageStatement,
): (row: CheckedRow) => string | undefined {
  let before: { readonly id: string; readonly micros: string } | undefined;
  const [first, end] = [microsOfIso(from), microsOfIso(to)].map(Number);
  return ({ id, time, row }) => {
    const key = { id, micros: microsOfIso(time) };
    const former = before;
    before = key;
    if (row['account'] !== account) return 'It is of another account.';
    const micros = Number(key.micros);
    if (!(micros >= (first ?? 0) && micros < (end ?? 0)))
      return 'It is not of the time range of the package.';
    if (former === undefined) return undefined;
    if (former.id === id && former.micros === key.micros) return 'It is there twice.';
    return sortRows(table, [former, key])[0] === former ? undefined : 'It is not in its place.';
  };
}

function createTally(begunAt: string) {
  const [days, newDays] = [new Map<string, number>(), new Map<string, number>()];
  const unsettled = new Set<string>();
  const unproven: Record<string, number> = {};
  let [rows, proven] = [0, 0];
  return {
    days,
    newDays,
    unsettled,
    rows: () => rows,
    count: () => void (rows += 1),
    judge(
      { time, row }: CheckedRow,
      reason: string | undefined,
      { isProven, problem }: ReturnType<ReturnType<typeof createRowJudge>>,
    ): string | undefined {
      const day = time.slice(0, 10);
      days.set(day, (days.get(day) ?? 0) + 1);
      if (String(row['first_synced_at']) >= begunAt) newDays.set(day, (newDays.get(day) ?? 0) + 1);
      if (reason === 'not_sealed') unsettled.add(day);
      if (isProven) proven += 1;
      else if (reason !== undefined) unproven[reason] = (unproven[reason] ?? 0) + 1;
      return problem;
    },
    end: (): PackedStream => ({ rows, proven, unproven }),
  };
}

/** Compares what a package says about a log with its rows and the sealed log. */
function compareWithStatement(
  { stream: { name }, statement, log: { digest } }: StreamTask,
  tally: ReturnType<typeof createTally>,
  find: Find,
): void {
  const stated = statement.streams.find(({ stream }) => stream === name);
  const { rows, proven } = tally.end();
  if (stated?.rows !== rows || stated.proven !== proven)
    find(
      `It says that ${name} has ${stated?.rows} rows, ${stated?.proven} of them proven; there are ${rows}, and ${proven} are.`,
      names.statement,
    );
  const covered = (stated?.covered ?? []).map(([from, to]) => ({ from, to }));
  for (const sentence of compareCoverage(name, covered, digest.covered(name)))
    find(sentence, names.statement);
  if (!statement.complete) return;
  const span = { from: new Date(statement.from), to: new Date(statement.to) };
  for (const sentence of compareDays(name, span, digest, tally))
    find(sentence, rowFiles(name).rows);
}
