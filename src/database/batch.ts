/**
 * Several statements in one round trip: they are sent one after the other without waiting for answers, and after the first
 * error Postgres skips the others (PostgreSQL documentation, "Message Flow", section "Pipelining").
 */
import { Query, type Connection, type Submittable } from 'pg';
import { writeHere } from './schema-names.ts';

/** A statement with its parameters. */
export type Statement = { readonly text: string; readonly values?: readonly unknown[] | undefined };

/** A `copy … from stdin` with its text in pieces. */
type CopyStep = { readonly text: string; readonly chunks: Iterable<Buffer> };

/** A step of a batch. */
export type Step = Statement | CopyStep;

/** What the driver has but its types do not. */
type DriverConnection = Connection & {
  sync(): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
};
type DriverQuery = Query & {
  prepare(connection: unknown): void;
  handleReadyForQuery(connection: unknown): void;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: unknown): void;
};

/** A batch as the driver submits it, and the rows of each step. */
type Batch = { readonly submittable: Submittable; readonly answers: Promise<unknown[][]> };

/** Makes a batch for a connection of the driver. Each step is made when those before it are sent. */
export function createBatch(steps: Iterable<Step>): Batch {
  const { promise: answers, resolve, reject } = Promise.withResolvers<unknown[][]>();
  const queries: DriverQuery[] = [];
  const rows: unknown[][] = [];
  let place = 0;
  let fault: unknown;

  function prepare(step: Step, connection: DriverConnection): void {
    const values = 'values' in step ? [...(step.values ?? [])] : [];
    const query = new Query(writeHere(step.text), values, (error, result) => {
      if (error) fault ??= error;
      else rows.push(result.rows);
    });
    queries.push(query as DriverQuery);
    (query as DriverQuery).prepare(connection);
  }

  function submit(plain: Connection): void {
    const connection = plain as DriverConnection;
    // A single question for the answers, behind the last step.
    const pipe = Object.assign(Object.create(connection) as DriverConnection, { sync() {} });
    connection.stream.cork();
    try {
      for (const step of steps) {
        prepare(step, pipe);
        if (fault !== undefined) break;
        if ('chunks' in step) sendChunks(connection, step.chunks);
      }
    } catch (error) {
      fault = error;
      connection.sendCopyFail('its lines could not be made');
    }
    connection.sync();
    connection.stream.uncork();
  }

  const submittable = {
    callback() {},
    submit,
    handleRowDescription: (message: unknown) => queries[place]?.handleRowDescription(message),
    handleDataRow: (message: unknown) => queries[place]?.handleDataRow(message),
    handleCommandComplete(message: unknown, connection: unknown) {
      queries[place]?.handleCommandComplete(message, connection);
      place += 1;
    },
    handleCopyInResponse() {},
    handleError: (error: unknown) => reject(fault ?? error),
    handleReadyForQuery(connection: unknown) {
      if (fault === undefined) for (const query of queries) query.handleReadyForQuery(connection);
      if (fault === undefined) resolve(rows);
      else reject(fault);
    },
  };
  return { submittable, answers };
}

/** The type of a message, and its length without that byte (PostgreSQL documentation, "Message Formats", CopyData). */
const headerBytes = 5;
const copyData = 'd'.charCodeAt(0);

/** Postgres works on each piece while the next one is made. */
function sendChunks(connection: DriverConnection, chunks: Iterable<Buffer>): void {
  const { stream } = connection;
  let isFirst = true;
  for (const chunk of chunks) {
    if (!isFirst) {
      stream.uncork();
      stream.cork();
    }
    isFirst = false;
    const header = Buffer.allocUnsafe(headerBytes);
    header[0] = copyData;
    header.writeUInt32BE(chunk.length + headerBytes - 1, 1);
    stream.write(header);
    stream.write(chunk);
  }
  connection.endCopyFrom();
}
