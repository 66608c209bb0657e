/** The rows of one statement as the driver delivers them; the server waits while nobody reads them. */
import type { Socket } from 'node:net';
import { Query, type Client, type QueryResult } from 'pg';
import { readTypedValue, type TypedValue } from './typed-values.ts';

/** A running statement. */
export type RowStream = {
  /** The received rows, at least one; undefined after the last. Rejects with the driver's error. */
  readonly take: () => Promise<readonly (readonly TypedValue[])[] | undefined>;
  /** What is known about the answer: its columns, and at the end what was done. */
  readonly result: () => QueryResult | undefined;
  readonly isOver: () => boolean;
  /** Ignores the remaining rows. */
  readonly discard: () => void;
};

/** The server sends no more while so many rows wait to be read. */
const mostWaiting = 2000;

/** Runs a statement: only a single one, whatever its text contains. */
export function streamRows(client: Client, text: string): RowStream {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  const state: {
    waiting: TypedValue[][];
    result: QueryResult | undefined;
    end: { readonly error?: unknown } | undefined;
    isDiscarded: boolean;
    news: PromiseWithResolvers<void>;
  } = {
    waiting: [],
    result: undefined,
    end: undefined,
    isDiscarded: false,
    news: Promise.withResolvers(),
  };
  const tell = (): void => {
    state.news.resolve();
    state.news = Promise.withResolvers();
  };
  // The driver's types do not have `queryMode`.
  const config = {
    text,
    rowMode: 'array',
    queryMode: 'extended',
    types: { getTypeParser: readTypedValue },
  };
  const query = client.query(new Query<TypedValue[]>(config));
  query.on('row', (row, from) => {
    state.result ??= from as unknown as QueryResult;
    if (!state.isDiscarded) state.waiting.push(row);
    if (state.waiting.length >= mostWaiting) stream.pause();
    tell();
  });
  query.on('end', (from) => {
    state.result ??= from as unknown as QueryResult;
    state.end = {};
    tell();
  });
  query.on('error', (error) => {
    state.end = { error };
    tell();
  });

  return {
    async take() {
      if (state.waiting.length === 0) stream.resume();
      while (state.waiting.length === 0 && state.end === undefined) await state.news.promise;
      if (state.waiting.length > 0) return state.waiting.splice(0);
      if (state.end !== undefined && 'error' in state.end) throw state.end.error;
      return undefined;
    },
    result: () => state.result,
    isOver: () => state.end !== undefined,
    discard() {
      state.isDiscarded = true;
      state.waiting = [];
      stream.resume();
    },
  };
}
