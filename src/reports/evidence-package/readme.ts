/** README.txt of a package: what it contains, what that rests on, and how a stranger checks it. Pure. */
import type { SealedRows } from './log-digest.ts';
import { names, rowFiles } from './names.ts';
import type { PackageStatement, StreamStatement } from './statement.ts';

/** A time stamp and its note. */
type StampedNote = { readonly token: string; readonly note: string };

/** What the README shows besides the statement. */
export type ReadmeFacts = {
  readonly statement: PackageStatement;
  /** The manifest of the row in `example/`; undefined when no row is proven. */
  readonly example: SealedRows | undefined;
  readonly stamps: readonly StampedNote[];
  readonly hasWitnesses: boolean;
};

/** The text of the README. */
export function renderReadme({ statement, example, stamps, hasWitnesses }: ReadmeFacts): string {
  const { account, origin, from, to, generated_at: generatedAt, program } = statement;
  return `${[
    `EVIDENCE PACKAGE OF THE ACCOUNT ${account}`,
    '',
    ...fold(
      `Rows of the Zendesk logs of ${account} from ${from} to ${to}, made on ${generatedAt} by zendesk-log-sync ${program}. Each row has a proof that it is in the sealed log ${origin} as it was when it was stored.`,
    ),
    '',
    ...describeFilters(statement),
    ...statement.streams.flatMap(describeStream),
    ...describeFindings(statement),
    ...describeFiles(statement, hasWitnesses),
    ...describeChecks(statement, example, stamps),
    ...describeMeaning,
  ].join('\n')}\n`;
}

function describeFilters({ complete, filters }: PackageStatement): readonly string[] {
  if (complete) return ['It has all stored rows of this time range.', ''];
  const words = Object.entries(filters).flatMap(([kind, values]) =>
    values.length === 0 ? [] : [`${kind}: ${values.join(', ')}`],
  );
  return [
    ...fold(
      `It has only rows about ${words.join('; ')}. That none of them is left out, the proofs do not show.`,
    ),
    '',
  ];
}

/** What follows the number of rows without a proof, by the reason. */
export const unprovenWords: Readonly<Record<string, string>> = {
  before_log: 'were stored before the sealed log was begun',
  not_sealed: 'were sealed after the checkpoint of this package',
  removed:
    'are such that retention or an erasure has taken something personal away, as the log says',
  erased: 'are in pages of which a key was destroyed',
  mismatch: 'are not as they were sealed, or a row of their page or the log is not',
};

function describeStream({
  stream,
  rows,
  proven,
  unproven,
  coverage,
  gaps,
  limits,
}: StreamStatement): readonly string[] {
  return [
    `${stream}: ${rows} rows, ${proven} with a proof`,
    ...[
      ...Object.entries(unproven).map(
        ([reason, count]) => `No proof: ${count} rows ${unprovenWords[reason] ?? reason}.`,
      ),
      ...coverage.map((sentence) => `Coverage: ${sentence}`),
      ...(gaps.length === 0 ? ['Gaps: none.'] : gaps.map((sentence) => `Gap: ${sentence}`)),
      ...limits.map((sentence) => `Limit: ${sentence}`),
    ].flatMap((sentence) => fold(sentence, '  ')),
    '',
  ];
}

function describeFindings({ findings }: PackageStatement): readonly string[] {
  if (findings.length === 0) return [];
  return [
    'NOT AS THE SEALED LOG SAYS',
    '',
    ...findings.flatMap((sentence) => fold(`- ${sentence}`)),
    '',
  ];
}

function describeFiles({ streams }: PackageStatement, hasWitnesses: boolean): readonly string[] {
  const files: readonly (readonly [string, string])[] = [
    ...streams.flatMap(({ stream }) => {
      const { rows, table, proofs } = rowFiles(stream);
      return [
        [rows, 'the rows, a JSON object a line; what is proven'],
        [table, 'the same rows for a spreadsheet'],
        [proofs, 'for each row, in the same order: its salt and its proof (C2SP tlog-proof)'],
      ] as const;
    }),
    [names.manifests, 'what the sealed log says about these rows and the time range'],
    ['log/', 'the whole sealed log: C2SP tlog-tiles, checkpoint and anchors'],
    [names.keys, 'the public key of the log'],
    ...(hasWitnesses
      ? [[names.witnesses, 'the public keys of the witnesses of the log'] as const]
      : []),
    [names.statement, 'what this file says, for programs'],
    [names.sums, 'the SHA-256 of each file'],
    [names.verifier, 'a verifier without dependencies, short enough to be read'],
    ['go/', "a verifier that uses the Go project's own code for transparency logs"],
  ];
  const width = Math.max(...files.map(([file]) => file.length)) + 2;
  return ['FILES', '', ...files.map(([file, words]) => `${file.padEnd(width)}${words}`), ''];
}

function describeChecks(
  { streams }: PackageStatement,
  example: SealedRows | undefined,
  stamps: readonly StampedNote[],
): readonly string[] {
  return [
    'HOW TO CHECK IT',
    '',
    ...fold(
      'First compare keys/log.vkey with the key that the operator has given you separately. Run the commands in the folder of this file.',
    ),
    '',
    '1. The files, the rows, the checkpoint and its signatures, with Node.js 22 or newer:',
    '',
    '    sha256sum --check --quiet SHA256SUMS',
    '    node verify.mjs',
    '',
    ...fold(
      'The program itself checks the archive as well, the tables for spreadsheets, the days and the coverage: zendesk-log-sync evidence verify FILE.zip',
    ),
    '',
    '2. The log, with a program of the project Tessera. It must print "Successfully fsck\'d":',
    '',
    '    go install github.com/transparency-dev/tessera/cmd/fsck@v1.0.4',
    '    fsck --storage_url="file://$PWD/log" --public_key=keys/log.vkey --ui=false -N=64',
    '',
    ...describeExample(streams, example),
    ...describeStamps(stamps),
  ];
}

function describeExample(
  streams: readonly StreamStatement[],
  example: SealedRows | undefined,
): readonly string[] {
  if (example === undefined) return [];
  const [{ proofs } = rowFiles('')] = streams
    .filter(({ proven }) => proven > 0)
    .map(({ stream }) => rowFiles(stream));
  return [
    '3. A row, with golang.org/x/mod/sumdb, which the Go project uses for its own log:',
    '',
    '    (cd go && go build -o ../../row-verifier .)',
    `    ../row-verifier keys/log.vkey ${names.exampleProof} ${names.exampleEntry} ${example.root} ${example.count}`,
    '',
    ...fold(
      `The last two are the root and the count of "rows" in the entry. For another row take "proof" from its line in ${proofs}, and "manifest" from the line with its "entry" in ${names.manifests}.`,
    ),
    '',
  ];
}

function describeStamps(stamps: readonly StampedNote[]): readonly string[] {
  const newest = stamps.at(-1);
  if (newest === undefined) return ['4. There is no time stamp of the log in this package.', ''];
  return [
    '4. The time stamps, with OpenSSL and the certificate of the time stamp authority:',
    '',
    `    openssl ts -verify -in ${newest.token} -data ${newest.note} -CAfile tsa-ca.pem`,
    '',
    ...fold(
      `There are ${stamps.length}: each .tsr file below log/anchors/ stamps the .note file beside it. It shows that the log had those entries at that time.`,
    ),
    '',
  ];
}

const describeMeaning: readonly string[] = [
  'WHAT A PROOF SHOWS',
  '',
  ...fold(
    'A proof leads the values of a row to the manifest of the page that stored it, and the manifest to the checkpoint that the log has signed. It shows that the row is as it was when it was sealed. It does not show that Zendesk has told the truth, nor that the operator has sealed it at once: for that compare the checkpoint with one that was kept elsewhere (a witness, a time stamp, your own copy).',
  ),
  '',
  ...fold(
    'Personal values are hashed with a salt, which is disclosed for the rows of this package alone. With it anybody can confirm by guessing what the row says; without it nobody can.',
  ),
];

/** A sentence in lines of at most a hundred characters. */
function fold(sentence: string, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length + indent.length > 100 && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((each) => `${indent}${each}`);
}
