import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { explainError, foreignCodeOf, refuseInput } from '../../errors.ts';
import { FormError } from '../../evidence/forms/form-error.ts';
import { formatVerifierKey, parseVerifierKey } from '../../evidence/forms/keys.ts';
import { names } from '../../reports/evidence-package/names.ts';
import { unprovenWords } from '../../reports/evidence-package/readme.ts';
import {
  verifyPackage,
  type VerifiedPackage,
} from '../../reports/evidence-package/verify-package.ts';
import { blankControls } from '../../reports/shared/text.ts';
import { listLogs } from '../../streams/registry.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { showLines } from '../terminal/display.ts';
import { widthOf, wrapLines } from '../terminal/text.ts';
import { formatNumber, toJson } from '../terminal/words.ts';

type VerifyFlags = { readonly key?: string; readonly json?: boolean };

/** `evidence verify`: whether a package is as it was made, and its rows are in the sealed log. */
export function addEvidenceVerify(evidence: Command, context: CommandContext): void {
  const command = evidence
    .command('verify')
    .description('check a package, without a database and a network; status 1 on any finding')
    .argument('<file>', 'the package')
    .option(
      '--key <file>',
      'the public key of the log as you know it; default: that of the package',
    )
    .option('--json', 'print the result as JSON')
    .action(async (path: string, flags: VerifyFlags) =>
      context.finish(await runVerify(context, path, flags)),
    );
  addExample(command, 'zendesk-log-sync evidence verify evidence.zip --key acme.vkey');
}

async function runVerify(
  context: CommandContext,
  path: string,
  { key: keyFile, json = false }: VerifyFlags,
): Promise<number> {
  const key = keyFile === undefined ? undefined : readKey(keyFile);
  let progress = 'The archive is read.';
  const end = showLines(context, { terminalMs: 2000, plainMs: 10_000 }, () => [progress]);
  const report = (stream: string, rows: number): void => {
    context.signal.throwIfAborted();
    progress = `${formatNumber(rows)} rows of ${stream}`;
  };
  let verified: VerifiedPackage;
  try {
    const streams = listLogs(context.streams);
    verified = judgeKey(await verifyPackage(path, { streams, report }), key);
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === undefined) throw error;
    throw refuseInput([
      `${path} cannot be read (${code}). Use a file that "evidence export" has written.`,
    ]);
  } finally {
    end();
  }
  if (json) context.print(toJson(describe(verified)));
  else print(context, path, verified, key !== undefined);
  return verified.findings.length === 0 ? 0 : 1;
}

function readKey(path: string): string {
  try {
    return formatVerifierKey(parseVerifierKey(readFileSync(path, 'utf8')));
  } catch (error) {
    const words = error instanceof FormError ? error.message : explainError(error);
    throw refuseInput([`--key is "${path}", which is not the public key of a log: ${words}`]);
  }
}

/** Anybody can make a package with a key of their own, so --key names the key of the log. */
function judgeKey(verified: VerifiedPackage, key: string | undefined): VerifiedPackage {
  if (key === undefined || verified.log === undefined || verified.log.logKey === key)
    return verified;
  const sentence = `The log is signed with ${verified.log.logKey}; expected ${key}.`;
  return {
    ...verified,
    findings: [...verified.findings, { file: names.keys, row: undefined, sentence }],
  };
}

function describe({ statement, log, files, streams, findings }: VerifiedPackage): object {
  return {
    account: statement?.account ?? null,
    from: statement?.from ?? null,
    to: statement?.to ?? null,
    files,
    log: log && {
      origin: statement?.origin,
      key: log.logKey,
      size: log.size,
      root: Buffer.from(log.root).toString('base64'),
      witnesses: log.witnesses,
      kept: log.kept,
      stamps: log.stamps,
    },
    streams,
    findings,
  };
}

/** With more of them nobody reads on. */
const mostPrinted = 100;

function print(
  { print: write, stdout }: CommandContext,
  path: string,
  { statement, log, files, streams, findings }: VerifiedPackage,
  isKeyKnown: boolean,
): void {
  const lines: string[] = [];
  if (statement !== undefined)
    lines.push(
      `Account ${statement.account}, ${statement.from} to ${statement.to}, made on ${statement.generated_at}.`,
      `${formatNumber(files)} files in ${path}.`,
    );
  if (log !== undefined)
    lines.push(
      `The sealed log ${statement?.origin} has ${formatNumber(log.size)} entries; the root of its checkpoint is ${Buffer.from(log.root).toString('base64')}.`,
      `It is signed with ${log.logKey}${isKeyKnown ? '' : ': compare this key with the one that the operator has given you, or use --key'}.`,
      `Cosigned by ${log.witnesses.length === 0 ? 'no witness' : log.witnesses.join(', ')}; ${formatNumber(log.kept)} earlier checkpoints, ${formatNumber(log.stamps)} of them with a time stamp, which "openssl ts -verify" checks (README.txt).`,
    );
  for (const { stream, rows, proven, unproven } of streams) {
    lines.push(`${stream}: ${formatNumber(rows)} rows, ${formatNumber(proven)} proven.`);
    for (const [reason, count] of Object.entries(unproven))
      lines.push(`${stream}: ${formatNumber(count)} rows ${unprovenWords[reason] ?? reason}.`);
  }
  if (findings.length === 0) lines.push('No findings.');
  else lines.push(`${formatNumber(findings.length)} finding${findings.length === 1 ? '' : 's'}:`);
  for (const { file, row, sentence } of findings.slice(0, mostPrinted)) {
    const place = [file ?? 'the archive', ...(row === undefined ? [] : [`row ${row}`])].join(', ');
    lines.push(`- ${place}: ${sentence}`);
  }
  if (findings.length > mostPrinted)
    lines.push(`And ${formatNumber(findings.length - mostPrinted)} more; --json lists them all.`);
  const shown = lines.map((line) => blankControls(line));
  write(wrapLines(shown, widthOf(stdout)).join('\n'));
}
