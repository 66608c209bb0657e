import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SimulatorError } from '../checks.ts';
import type { Fault, FaultBook } from '../faults/faults.ts';
import type { DeletionBook } from '../logs/deletions.ts';
import type { OpenLog } from '../logs/log.ts';
import { answerJson, NO_ENDPOINT, type SimulatedAnswer } from './answers.ts';
import { readBody, sendAnswer, type Site } from './server.ts';

/**
 * Answers a request to `/simulator/…`: gives tests in another process what `Simulator` offers in the same one.
 * `/simulator/truth` streams records as NDJSON, one a line.
 */
export async function handleControl(
  { account, requestLog, logs }: Site & { readonly logs: readonly OpenLog[] },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://simulator');
  const body = await readBody(request);
  const send = (answer: SimulatedAnswer): void => sendAnswer(account, response, answer);
  switch (`${request.method ?? 'GET'} ${pathname}`) {
    case 'GET /simulator/requests':
      return send(answerJson(200, requestLog.records()));
    case 'GET /simulator/counts':
      return send(answerJson(200, requestLog.counts()));
    case 'DELETE /simulator/faults':
      account.faults.clear();
      return send(answerJson(200, {}));
    case 'POST /simulator/faults':
      return send(addFaults(account.faults, body));
    case 'POST /simulator/deletions':
      return send(deleteRecords(account.deletions, logs, body));
    case 'DELETE /simulator/deletions':
      account.deletions.clear();
      return send(answerJson(200, {}));
    case 'GET /simulator/truth': {
      const lines = readTruth(logs, query);
      if (!('status' in lines)) return streamLines(lines, response);
      return send(lines);
    }
    default:
      return send(NO_ENDPOINT);
  }
}

function addFaults(book: FaultBook, body: string): SimulatedAnswer {
  try {
    const given: unknown = JSON.parse(body);
    const faults: Fault[] = (Array.isArray(given) ? given : [given]).map(readFault);
    for (const fault of faults) book.add(fault);
    return answerJson(201, { added: faults.length });
  } catch (error) {
    if (error instanceof SimulatorError) return answerJson(400, { problems: error.problems });
    if (error instanceof SyntaxError)
      return answerJson(400, { problems: ['The body is not JSON.'] });
    throw error;
  }
}

/** Reads `stream` and `ids`. */
function deleteRecords(
  book: DeletionBook,
  logs: readonly OpenLog[],
  body: string,
): SimulatedAnswer {
  const names = logs.map(({ name }) => name);
  try {
    const { stream, ids } = JSON.parse(body) as { stream?: unknown; ids?: unknown };
    if (typeof stream === 'string' && names.includes(stream) && Array.isArray(ids)) {
      book.remove(stream, ids.map(String));
      return answerJson(201, { deleted: ids.length });
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const problem = `A deletion needs stream (${names.join(' or ')}) and ids (a list), as JSON.`;
  return answerJson(400, { problems: [problem] });
}

/** JSON has no Infinity: `times: null` means it. */
function readFault(given: Omit<Fault, 'times'> & { readonly times?: number | null }): Fault {
  const { times, ...fault } = given;
  return times === undefined ? fault : { ...fault, times: times ?? Infinity };
}

/** Reads `stream`, `from`, `to` (ISO 8601) and `includeInvisible`. */
function readTruth(
  logs: readonly OpenLog[],
  query: URLSearchParams,
): Generator<string> | SimulatedAnswer {
  const log = logs.find(({ name }) => name === query.get('stream'));
  const from = new Date(query.get('from') ?? '');
  const to = new Date(query.get('to') ?? '');
  if (log === undefined || Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) {
    const names = logs.map(({ name }) => name).join(' or ');
    const problem = `The truth needs stream (${names}), from and to (ISO 8601).`;
    return answerJson(400, { problems: [problem] });
  }
  return log.tell(from, to, query.get('includeInvisible') === 'true');
}

async function streamLines(lines: Iterable<string>, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
  await pipeline(Readable.from(joinLines(lines)), response);
}

function* joinLines(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
