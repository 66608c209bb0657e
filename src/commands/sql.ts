import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Database } from '../database/client.ts';
import { openStatements, type Statement, type Statements } from '../database/statements.ts';
import { explainError, hasCode, refuseInput } from '../errors.ts';
import { listCoverage } from '../reports/shared/coverage-lines.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import {
  addFormFlags,
  readReportFlags,
  type ReportChoices,
  type ReportFlags,
} from './report/flags.ts';
import { deliver, refuseBytes } from './report/run.ts';
import { withLocalDatabase } from './session.ts';
import { describeAnswer, describeEnd, writeAnswer } from './sql/answer.ts';
import { describeHelp, translateDescribe } from './sql/describe.ts';
import { runPrompt } from './sql/prompt.ts';
import { findPsql, runPsql } from './sql/psql.ts';
import { splitWhole } from './sql/split.ts';
import { writeToStream } from './terminal/output.ts';
import { widthOf } from './terminal/text.ts';

type SqlFlags = Pick<ReportFlags, 'format' | 'output'> & { readonly write?: boolean };

/** `sql`: queries the database, with statements from the arguments, from stdin, or from a prompt. */
export function addSql(command: Command, context: CommandContext): void {
  addFormFlags(
    command
      .argument('[statement]', 'the SQL statement; "\\d" lists the tables and views')
      .option('--write', 'allow statements to change the database (default: read-only)'),
  ).action(async (statement: string | undefined, flags: SqlFlags) =>
    context.finish(await runSql(context, statement, flags)),
  );
  addExample(command, 'zendesk-log-sync sql "select * from status" --format csv');
}

/** What is needed to run statements. */
type Desk = {
  readonly context: CommandContext;
  readonly db: Database;
  readonly statements: Statements;
  readonly choices: ReportChoices;
};

async function runSql(
  context: CommandContext,
  statement: string | undefined,
  { write: mayWrite = false, ...flags }: SqlFlags,
): Promise<number> {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const isPrompt = statement === undefined && context.stdin.isTTY;
  if (isPrompt && (choices.output !== undefined || choices.format !== 'table'))
    problems.push('--format and --output need a statement: sql "select …" --format csv.');
  if (problems.length > 0) throw refuseInput(problems);
  if (!isPrompt) refuseBytes(context, choices);
  return withLocalDatabase(context, async ({ url, db }) => {
    const notice = (remark: string): void => context.printError(`Postgres says: ${remark}.`);
    const statements = await openStatements(url, { mayWrite, notice });
    const desk: Desk = { context, db, statements, choices };
    try {
      if (!isPrompt)
        return await runAll(desk, statement ?? (await readText(context))).catch(leaveQuietly);
      const psql = findPsql(context.env, url);
      if (psql !== undefined && !statements.isPlain)
        return await runPsql(psql, url, mayWrite, context);
      await runAtPrompt(desk, mayWrite);
      return 0;
    } finally {
      await statements.close();
    }
  });
}

/** The reader of the pipe has read enough, such as "head". */
function leaveQuietly(error: unknown): number {
  if (hasCode(error, 'output_closed')) return 0;
  throw error;
}

async function readText({ stdin, signal }: CommandContext): Promise<string> {
  return text(addAbortSignal(signal, stdin));
}

/** Runs the statements of a text and stops at the first that fails. */
async function runAll(desk: Desk, source: string): Promise<number> {
  const statements = splitWhole(source);
  const { choices } = desk;
  if (statements.length === 0)
    throw refuseInput(['There is no statement. Write one, such as "select 1".']);
  const isFile = choices.output !== undefined || choices.format !== 'table';
  if (isFile && statements.length > 1)
    throw refuseInput([
      `There are ${statements.length} statements. With --format or --output, write only one.`,
    ]);
  for (const [place, statement] of statements.entries()) {
    if (place > 0) desk.context.print('');
    const status = await interruptible(desk, () =>
      isFile ? writeReport(desk, statement) : writeToScreen(desk, statement),
    );
    if (status !== 0) return status;
  }
  return 0;
}

async function runAtPrompt(desk: Desk, mayWrite: boolean): Promise<void> {
  const { context, statements } = desk;
  context.print(
    `${mayWrite ? 'Statements can change the database' : 'Statements are read-only'} and end with ";". ${describeHelp}`,
  );
  const run = async (statement: Statement): Promise<void> => {
    try {
      await interruptible(desk, () => writeToScreen(desk, statement));
    } catch (error) {
      context.printError(explainError(error));
      if (!hasCode(error, 'statement_refused', 'stopped')) throw error;
    }
  };
  await runPrompt(context, run, () => void statements.cancel());
}

/** After this time a message says how to end a statement. */
const longMs = 2000;

/** Ctrl-C ends the running statement, not the program. */
async function interruptible<T>({ context, statements }: Desk, work: () => Promise<T>): Promise<T> {
  context.signal.throwIfAborted();
  const cancel = (): void => void statements.cancel();
  const release = context.takeInterrupts(cancel);
  context.signal.addEventListener('abort', cancel);
  const hint = setTimeout(() => {
    if (context.stderr.isTTY) context.printError('Still running; Ctrl-C cancels the statement.');
  }, longMs);
  try {
    return await work();
  } finally {
    clearTimeout(hint);
    context.signal.removeEventListener('abort', cancel);
    release();
  }
}

async function writeToScreen({ context, statements }: Desk, typed: Statement): Promise<number> {
  const { stdout, print } = context;
  const answer = await statements.run(translate(typed));
  const output = writeToStream(stdout);
  const rows = await writeAnswer(answer, output.write, widthOf(stdout));
  if (context.stdin.isTTY || rows === 0) print(describeEnd(answer, rows));
  return 0;
}

async function writeReport(
  { context, db, statements, choices }: Desk,
  typed: Statement,
): Promise<number> {
  const { accounts, lines } = await listCoverage(db);
  const answer = await statements.run(translate(typed));
  const facts = { account: accounts.join(', '), generatedAt: new Date(), coverage: lines };
  return deliver(context, choices, describeAnswer(answer, typed, facts));
}

/** The statement for a line with a backslash. @throws {KnownError} `bad_input` if there is none */
function translate(statement: Statement): Statement {
  if (!statement.text.startsWith('\\')) return statement;
  const translated = translateDescribe(statement);
  if (translated === undefined)
    throw refuseInput([`${statement.text} is not a known command. ${describeHelp}`]);
  return translated;
}
