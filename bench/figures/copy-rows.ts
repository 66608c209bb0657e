import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { LogStream } from '../../src/streams/stream.ts';
import { startSimulator, type SimulatorSettings } from '../../src/simulator/simulator.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { listCopies } from '../../src/ingest/rows/copy.ts';
import { clear, usualClassify, type Stage } from '../stage.ts';

/** Connections used by COPY: as many as the product's cursors keep busy on the machine. */
export const copyConnections = 2;

/**
 * Copies ready text into empty tables with nothing else to do.
 *
 * @returns rows a second
 */
export async function copyRows(stage: Stage, text: CopyText): Promise<number> {
  await clear(stage.db);
  const pool = new Pool({ connectionString: stage.url, max: copyConnections });
  // The server may end before the pool has closed all its connections.
  pool.on('error', () => {});
  const started = performance.now();
  await Promise.all(
    Array.from({ length: copyConnections }, async (_, part) => {
      const client = await pool.connect();
      for (const { statement, chunks } of text.tables) {
        const share = Math.ceil(chunks.length / copyConnections);
        const own = chunks.slice(part * share, (part + 1) * share);
        await pipeline(Readable.from(own), client.query(copyFrom(statement)));
      }
      client.release();
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await pool.end();
  return text.rows / seconds;
}

/** The text of all rows and of what they were about, outside of the heap, so that the product's garbage collection does not have to walk it. */
export type CopyText = {
  readonly rows: number;
  readonly tables: readonly { readonly statement: string; readonly chunks: readonly Buffer[] }[];
};

const chunkRows = 250;

/** Writes the text of all rows that the simulator sends with these settings. */
export async function renderCopyText(
  stream: LogStream,
  options: SimulatorSettings,
): Promise<CopyText> {
  const simulator = await startSimulator(options);
  const tables = new Map<string, ReturnType<typeof collectChunks>>();
  let rows = 0;
  for (const record of simulator.records(stream.name, new Date(0), new Date(simulator.now()))) {
    const page = readRecords(stream, usualClassify, [record]);
    for (const { statement, lines } of listCopies(stream.table, 'acme', page)) {
      const chunks = tables.get(statement) ?? collectChunks();
      tables.set(statement, chunks);
      for (const line of lines) chunks.add(line);
    }
    rows += 1;
  }
  await simulator.stop();
  return {
    rows,
    tables: [...tables].map(([statement, chunks]) => ({ statement, chunks: chunks.end() })),
  };
}

function collectChunks(): { add(line: string): void; end(): Buffer[] } {
  const chunks: Buffer[] = [];
  let chunk = '';
  let lines = 0;
  const close = (): void => {
    if (chunk !== '') chunks.push(Buffer.from(chunk));
    chunk = '';
  };
  return {
    add(line) {
      chunk += line;
      lines += 1;
      if (lines % chunkRows === 0) close();
    },
    end() {
      close();
      return chunks;
    },
  };
}
