import { findSettingProblem, type AskedSetting } from '../config/setting-check.ts';
import type { Environment } from '../config/texts.ts';
import { examine } from '../doctor/examination.ts';
import { KnownError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { renderPage } from './doctor.ts';
import {
  explainClient,
  explainEnd,
  explainLogin,
  explainNewSecret,
  welcome,
} from './init-texts.ts';
import { createConfigOptions } from './settings.ts';
import { checkPlaces, readAccountFiles, writeAccountFiles, type Answers } from './init-files.ts';
import { openPrompt, type Prompt } from './terminal/prompt.ts';

export type InitFlags = { readonly login?: boolean };

/** Returns 0 if the written settings work, 1 if they were written although they do not work. */
export async function runInit(
  context: CommandContext,
  { login = false }: InitFlags,
): Promise<number> {
  const prompt = openPrompt(context, context.signal);
  try {
    return await setUp(context, prompt, login);
  } finally {
    prompt.close();
  }
}

async function setUp(
  context: CommandContext,
  prompt: Prompt,
  isForPerson: boolean,
): Promise<number> {
  checkPlaces();
  const before = readAccountFiles();
  context.print(welcome(before.hasAccount));
  let answers: Answers | undefined;
  for (;;) {
    answers = await askAll(context, prompt, answers, isForPerson);
    if (isForPerson) {
      // Nothing can be tested before somebody has logged in.
      writeAccountFiles(before, answers);
      context.print(explainLogin(context.env));
      return 0;
    }
    const works = await tryOut(context, answers);
    const wish = works ? 'write' : await askWish(prompt);
    if (wish === 'again') continue;
    writeAccountFiles(before, answers);
    context.print(explainEnd(context.env));
    return works ? 0 : 1;
  }
}

/** Asks for everything; Enter keeps the previous answer. */
async function askAll(
  { print, env }: CommandContext,
  prompt: Prompt,
  before: Answers | undefined,
  isForPerson: boolean,
): Promise<Answers> {
  const ask = (name: AskedSetting, question: string, usual?: string): Promise<string> =>
    askSetting(prompt, name, question, usual);
  const subdomain = await ask(
    'ZENDESK_SUBDOMAIN',
    'Subdomain (acme of acme.zendesk.com)',
    before?.subdomain,
  );
  if (before === undefined) print(explainClient(subdomain, isForPerson));
  const clientId = await ask('ZENDESK_CLIENT_ID', 'Identifier of the client', before?.clientId);
  if (before === undefined) print(explainNewSecret);
  const clientSecret = await ask(
    'ZENDESK_CLIENT_SECRET',
    'Secret of the client (not shown)',
    before?.clientSecret,
  );
  const isDatabaseSet = (env['DATABASE_URL'] ?? env['DATABASE_URL_FILE'] ?? '') !== '';
  const question = 'Postgres server (postgres://…), or Enter for a database in ./data';
  const databaseUrl = isDatabaseSet
    ? ''
    : await ask('DATABASE_URL', question, before?.databaseUrl ?? '');
  return { subdomain, clientId, clientSecret, databaseUrl, isForPerson };
}

/** Asks until the answer is valid for the setting. Enter gives the default answer, if there is one. */
async function askSetting(
  prompt: Prompt,
  name: AskedSetting,
  question: string,
  usual: string | undefined,
): Promise<string> {
  const isHidden = name === 'ZENDESK_CLIENT_SECRET';
  const shown =
    usual === undefined || usual === '' ? '' : isHidden ? ' [as before]' : ` [${usual}]`;
  for (let about = ''; ;) {
    const answer = await prompt.ask(`${about}${question}${shown}: `, { isHidden });
    if (answer === undefined) throw endedEarly();
    if (answer === '' && usual !== undefined) return usual;
    const problem = findSettingProblem(name, answer);
    if (problem === undefined) return answer;
    about = `That does not look right. ${problem}.\n`;
  }
}

async function askWish(prompt: Prompt): Promise<'write' | 'again'> {
  for (;;) {
    const answer = await prompt.ask(
      'Answer again (a), write the settings as they are (w), or exit without writing (e)? ',
    );
    if (answer === undefined || /^e/i.test(answer)) throw endedEarly();
    if (/^w/i.test(answer)) return 'write';
    if (/^a/i.test(answer)) return 'again';
  }
}

function endedEarly(): KnownError {
  return new KnownError('stopped', {
    found: 'Stopped before all questions were answered; nothing was written',
  });
}

/** Tests the answers as `doctor` does, and shows its page. Returns whether nothing has to be fixed. */
async function tryOut(context: CommandContext, answers: Answers): Promise<boolean> {
  const { env, print, signal, stdout, streams } = context;
  print('\nTesting the answers. This takes a few seconds.\n');
  const options = createConfigOptions(streams);
  const environment = describeAccount(env, answers);
  const found = await examine({ ...options, environment, signal });
  print(`${renderPage(found, options.now, stdout)}\n`);
  return found.checks.every(({ state }) => state !== 'problem');
}

/** The settings that a later command will find: the answers replace settings of another account. */
function describeAccount(env: Environment, answers: Answers): Environment {
  const kept = Object.entries(env).filter(
    ([name]) => name === 'ZENDESK_BASE_URL' || !/^(?:ZENDESK_|ACCOUNTS_FILE$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    ZENDESK_SUBDOMAIN: answers.subdomain,
    ZENDESK_CLIENT_ID: answers.clientId,
    ZENDESK_CLIENT_SECRET: answers.clientSecret,
    ...(answers.databaseUrl === '' ? {} : { DATABASE_URL: answers.databaseUrl }),
  };
}
