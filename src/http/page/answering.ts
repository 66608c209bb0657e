/** From the request of a view to its answer. */
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { Database } from '../../database/client.ts';
import { hasCode } from '../../errors.ts';
import type { AnyQuestion, Asked, Download } from '../../page/question.ts';
import type { PageService } from '../../page/service.ts';
import { json } from '../answers.ts';
import { hasRole, type Admission } from './access.ts';
import type { EveryQuestioning } from './every-questioning.ts';

/** What answering needs. */
type Answering = {
  readonly questioning: EveryQuestioning;
  readonly service: PageService;
  readonly admission: Admission;
};

/** Answers a question of a view: JSON or a file, or a sentence that says why not. */
export async function answerQuestion(
  context: Context,
  question: AnyQuestion,
  { questioning, service, admission }: Answering,
): Promise<Response> {
  const asker = await admission.admit(context);
  if (asker instanceof Response) return asker;
  if (!hasRole(asker, question.role))
    return json(403, { reason: `This needs the role ${question.role}.` });
  const parameters = new URL(context.req.url).searchParams;
  // Postgres has no such character.
  if ([...parameters.values()].some((text) => text.includes('\0')))
    return json(400, { reason: 'A parameter has a character that no text has.' });
  const asked: Asked = { parameters, asker, service, now: new Date() };
  try {
    const account = parameters.get('account');
    await recordSearch(questioning.recordsOf(account), question, asked);
    if ('download' in question)
      return await questioning
        .of(account)
        .lend(question.rights, async (db) => question.download(db, asked), sendFile);
    return await sendJson(context, await questioning.ask(question, asked));
  } catch (error) {
    // Also what the question asks for and is not available: rows in an archive that is not there.
    if (hasCode(error, 'bad_input', 'archive_failed')) return json(400, { reason: error.message });
    throw error;
  }
}

/** What is searched for is recorded before it is answered; without its record there is no answer. */
async function recordSearch(
  db: Database,
  { path, recorded = [] }: AnyQuestion,
  { parameters, asker }: Asked,
): Promise<void> {
  const given = recorded.filter((name) => (parameters.get(name) ?? '') !== '');
  if (given.length === 0) return;
  const searched = Object.fromEntries(given.map((name) => [name, parameters.getAll(name)]));
  await db.query(
    `insert into zendesk_sync.questions (asked_by, role, view, parameters) values ($1, $2, $3, $4)`,
    [asker.name, asker.role, path, JSON.stringify(searched)],
  );
}

const compress = promisify(gzip);
/** What is shorter fits into a packet anyway. */
const smallBytes = 1000;

/** An answer in JSON, packed where the browser takes it. */
export async function sendJson(context: Context, value: unknown): Promise<Response> {
  const text = JSON.stringify(value);
  const isPacked =
    text.length > smallBytes && /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  const body = isPacked ? await compress(text) : Buffer.from(text);
  return new Response(Uint8Array.from(body), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    },
  });
}

function sendFile(
  { fileName, type }: Download,
  body: Buffer | AsyncIterable<Uint8Array>,
): Response {
  const plain = fileName.replaceAll(/[^\w.-]+/g, '_');
  return new Response(
    Buffer.isBuffer(body) ? Uint8Array.from(body) : Readable.toWeb(Readable.from(body)),
    {
      headers: {
        'content-type': type,
        'content-disposition': `attachment; filename="${plain}"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    },
  );
}
