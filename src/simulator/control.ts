import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { answerJson, answerNoEndpoint, type Answer } from './answers.ts';
import { hasCode } from '../errors.ts';
import { tellTruth, type TruthSpan } from './truth.ts';
import type { Account } from './account.ts';
import type { Fault } from './faults.ts';
import type { RequestLog } from './request-log.ts';

/** A request to `/simulator/…`: what `Simulator` offers in the same process, for tests in another one. */
export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** Answers `/simulator/requests`, `/simulator/counts` and `/simulator/faults`; the truth is streamed by `streamTruth`. */
export function answerControl(account: Account, log: RequestLog, request: ControlRequest): Answer {
  switch (`${request.method} ${request.path}`) {
    case 'GET /simulator/requests':
      return answerJson(200, log.records());
    case 'GET /simulator/counts':
      return answerJson(200, log.counts());
    case 'DELETE /simulator/faults':
      account.faults.clear();
      return answerJson(200, {});
    case 'POST /simulator/faults':
      return addFaults(account, request.body);
    default:
      return answerNoEndpoint();
  }
}

function addFaults(account: Account, body: string): Answer {
  try {
    const given: unknown = JSON.parse(body);
    const faults: Fault[] = (Array.isArray(given) ? given : [given]).map(readFault);
    for (const fault of faults) account.faults.add(fault);
    return answerJson(201, { added: faults.length });
  } catch (error) {
    if (hasCode(error, 'bad_input')) return answerJson(400, { problems: error.problems });
    if (error instanceof SyntaxError)
      return answerJson(400, { problems: ['The body is not JSON.'] });
    throw error;
  }
}

/** JSON has no Infinity: `times: null` stands for it. */
function readFault(given: Fault & { times?: number | null }): Fault {
  return given.times === null ? { ...given, times: Infinity } : given;
}

/** Reads `stream`, `from`, `to` (ISO 8601) and `includeInvisible` of `GET /simulator/truth`. */
export function readTruthSpan(query: URLSearchParams): TruthSpan | undefined {
  const stream = query.get('stream');
  const from = new Date(query.get('from') ?? '');
  const to = new Date(query.get('to') ?? '');
  if (stream !== 'audit_logs' && stream !== 'access_logs') return undefined;
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return undefined;
  return { stream, from, to, includeInvisible: query.get('includeInvisible') === 'true' };
}

/** Streams the truth as NDJSON, one record a line, as fast as it is read. */
export async function streamTruth(
  account: Account,
  span: TruthSpan,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
  await pipeline(Readable.from(joinLines(tellTruth(account, span))), response);
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
