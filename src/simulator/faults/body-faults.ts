import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { SimulatedAnswer } from '../http/answers.ts';

type SendBody = (response: ServerResponse, answer: SimulatedAnswer, ms?: number) => void;

const BLANKS = Buffer.alloc(65_536, ' ');
const BOMB_BYTES = 1024 ** 3;

function* blanks(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += BLANKS.length) yield BLANKS;
}

/** The faults with bodies that no client should keep in memory: each ends when the client closes the connection. */
export const BODY_FAULTS: ReadonlyMap<string, SendBody> = new Map<string, SendBody>([
  [
    'endless',
    (response, { headers }) => {
      response.writeHead(200, headers);
      sendTo(response, Readable.from(blanks(Infinity)));
    },
  ],
  [
    'bomb',
    (response, { headers }) => {
      response.writeHead(200, { ...headers, 'content-encoding': 'gzip' });
      sendTo(response, Readable.from(blanks(BOMB_BYTES)).pipe(createGzip()));
    },
  ],
  [
    'drip',
    (response, { status, headers }, ms = 1000) => {
      response.writeHead(status, headers);
      response.write('{');
      const timer = setInterval(() => response.write(' '), ms);
      response.once('close', () => clearInterval(timer));
    },
  ],
]);

function sendTo(response: ServerResponse, body: Readable): void {
  response.once('close', () => body.destroy());
  body.pipe(response);
}
