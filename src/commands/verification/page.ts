/** The result of a verification, for people: always in 80 columns, so that it looks the same in a file. */
import type { Finding } from '../../evidence/verification/finding.ts';
import type { Verification } from '../../evidence/verification/verification.ts';
import type { CommandContext } from '../context.ts';
import { describeAdoptions, describeRestores } from '../verified-adoption.ts';
import { renderTable } from '../terminal/table.ts';
import { widthOf, wrapLines } from '../terminal/text.ts';
import { formatNumber } from '../terminal/words.ts';

const usualWidth = 80;
/** With more findings of one heading, reading them all helps nobody; `--json` has them. */
const mostListed = 50;

/** The page, without line break at the end. */
export function renderVerification(
  result: Verification,
  { stdout }: Pick<CommandContext, 'stdout'>,
): string {
  const width = Math.min(widthOf(stdout) ?? usualWidth, usualWidth);
  const wrap = (lines: readonly string[]): readonly string[] => wrapLines(lines, width);
  return [
    ...wrap(describeScope(result)),
    '',
    ...wrap([describeManifests(result)]),
    '',
    renderStreams(result),
    ...wrap([...describeAdoptions(result.streams), ...describeRestores(result.restores)]),
    '',
    ...listFindings(result.findings).flatMap(({ title, lines }) => [title, ...wrap(lines), '']),
    ...(result.unchecked.length === 0
      ? []
      : [
          'Cannot be checked:',
          ...wrap(result.unchecked.map(({ sentence }) => `- ${sentence}`)),
          '',
        ]),
    ...wrap(describeEnd(result)),
  ].join('\n');
}

function describeScope({ account, origin, begunAt, from, until }: Verification): readonly string[] {
  const first = `Account ${account}, sealed log ${origin}, kept since ${showMinute(begunAt)} UTC.`;
  if (from === null || until === null) return [first];
  return [
    first,
    `Only what concerns ${showMinute(from)} until ${showMinute(until)} UTC is checked; counts by whole days, UTC. The sealed log itself and the quarantine are always checked whole.`,
  ];
}

function showMinute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

function describeManifests({ manifests, waiting }: Verification): string {
  const { valid, invalid, missing } = manifests;
  const waits =
    waiting === 0
      ? ''
      : `; ${formatNumber(waiting)} more ${waiting === 1 ? 'waits' : 'wait'} to be sealed`;
  return `Manifests: ${formatNumber(valid)} valid, ${formatNumber(invalid)} invalid, ${formatNumber(missing)} missing${waits}.`;
}

function renderStreams({ streams, findings, deep }: Verification): string {
  const count = (stream: string, kind: Finding['kind']): string =>
    formatNumber(
      findings
        .filter((finding) => finding.stream === stream && finding.kind === kind)
        .reduce((sum, { rows = 1 }) => sum + rows, 0),
    );
  const head = deep
    ? ['Stream', 'Manifests', 'Rows read', 'Not sealed', 'Changed', 'Missing', 'Added']
    : ['Stream', 'Manifests', 'Days that differ'];
  const rows = streams.map(({ stream, manifests, rows: read, unsealedRows }) => [
    stream,
    formatNumber(manifests),
    ...(deep
      ? [
          formatNumber(read ?? 0),
          formatNumber(unsealedRows ?? 0),
          count(stream, 'row_changed'),
          count(stream, 'row_missing'),
          count(stream, 'row_added'),
        ]
      : [count(stream, 'rows_miscounted')]),
  ]);
  return renderTable(head, rows, [1, 2, 3, 4, 5, 6]);
}

/** The headings and their kinds; what has none of its own stands under the last. */
const headings: readonly (readonly [title: string, kinds: readonly Finding['kind'][]])[] = [
  ['Manifests missing', ['manifest_missing']],
  ['Manifests invalid', ['manifest_invalid']],
  ['Rows changed', ['row_changed']],
  ['Rows missing', ['row_missing']],
  ['Rows added', ['row_added']],
  ['Days with other counts', ['rows_miscounted']],
  ['Coverage without pages that prove it', ['coverage_unfounded']],
  [
    'Holds, erasures and other actions that differ from their records',
    ['record_missing', 'record_added'],
  ],
];

function listFindings(
  findings: readonly Finding[],
): readonly { readonly title: string; readonly lines: readonly string[] }[] {
  const named = headings.flatMap(([, kinds]) => kinds);
  const others = ['Other findings', (kind: Finding['kind']) => !named.includes(kind)] as const;
  return [
    ...headings.map(
      ([title, kinds]) => [title, (kind: Finding['kind']) => kinds.includes(kind)] as const,
    ),
    others,
  ].flatMap(([title, isOfIt]) => {
    const own = findings.filter(({ kind }) => isOfIt(kind));
    if (own.length === 0) return [];
    const lines = own.slice(0, mostListed).map(({ sentence }) => `- ${sentence}`);
    const more = own.length - lines.length;
    if (more > 0) lines.push(`- And ${formatNumber(more)} more; --json lists all of them.`);
    return [{ title: `${title} (${formatNumber(own.length)}):`, lines }];
  });
}

function describeEnd(result: Verification): readonly string[] {
  const { findings, unchecked, deep, complete } = result;
  const count =
    findings.length === 0
      ? 'No findings'
      : `${formatNumber(findings.length)} finding${findings.length === 1 ? '' : 's'}`;
  if (!complete)
    return [
      ...listParts(result),
      `Stopped. ${count} so far. Within a week, "verify --deep" continues from here; with --restart it starts again.`,
    ];
  const isSound = findings.length === 0;
  const rest = unchecked.length === 0 ? '' : ', except for what cannot be checked';
  const checked = deep
    ? `Every row is as it was stored${rest}.`
    : `The log, the coverage and the counts agree${rest}; --deep reads every row.`;
  return [...listParts(result), isSound ? `${count}. ${checked}` : `${count}.`];
}

/** When the rows were read, where that was not in one go, or not to the end. */
function listParts({ streams, complete }: Verification): readonly string[] {
  return streams.flatMap(({ stream, checked, rows }) => {
    if (complete && checked.length < 2) return [];
    if (checked.length === 0) return complete ? [] : [`${stream}: no rows were read.`];
    const parts = checked.map(
      ({ from, until, at }) =>
        `${from === null ? 'from the first row' : `from ${showMinute(from)}`} ${until === null ? 'to the last' : `until ${showMinute(until)}`} at ${showMinute(at)}`,
    );
    const warning =
      checked.length > 1
        ? '. What was changed in the earlier parts after they were read is seen in the counts alone'
        : '';
    return [
      `${stream}: ${formatNumber(rows ?? 0)} rows were read ${parts.join(', ')} UTC${warning}.`,
    ];
  });
}
