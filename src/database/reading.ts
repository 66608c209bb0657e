/** Reading that takes long: on a connection of its own, in one transaction. */
import { translateError } from './connection-errors.ts';
import type { Connection, Connections } from './pool.ts';
import type { Turns } from './turns.ts';

/** Rows fetched at a time. */
const batchRows = 1000;

/** The rows of a query, fetched as they are asked for. */
export async function* fetchRows<Row>(
  connection: Connection,
  text: string,
  values: readonly unknown[],
  limitMs: number,
): AsyncGenerator<Row, void, undefined> {
  // All rows will be wanted: plan for the whole, not for the first tenth.
  const begin = `begin read only; set local cursor_tuple_fraction = 1;${connection.settings}`;
  await connection.query(begin, [], limitMs);
  await connection.query(`declare wanted no scroll cursor for ${text}`, values, limitMs);
  for (;;) {
    const rows = await connection.query<Row>(`fetch ${batchRows} from wanted`, [], limitMs);
    yield* rows;
    if (rows.length < batchRows) break;
  }
  await connection.query('commit', [], limitMs);
}

/** The text of a `copy … to stdout`, whose values it has as settings. */
export async function* copyOut(
  connection: Connection,
  statement: string,
  values: readonly string[],
  limitMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  await connection.query(`begin read only;${connection.settings}`, [], limitMs);
  await connection.query(
    `select set_config('zendesk_sync.value' || place, value, true)
     from unnest($1::text[]) with ordinality as v (value, place)`,
    [values],
    limitMs,
  );
  yield* connection.copyOut(statement, limitMs);
  await connection.query('commit', [], limitMs);
}

/** Reads on a connection of its own, which is thrown away when the reading is left in the middle or fails. */
export async function* readAlone<Part>(
  pool: Connections,
  turns: Turns,
  read: (connection: Connection) => AsyncGenerator<Part, void, undefined>,
): AsyncGenerator<Part, void, undefined> {
  const leave = await turns();
  let connection: Connection | undefined;
  let done = false;
  try {
    connection = await pool.take();
    yield* read(connection);
    done = true;
  } catch (error) {
    throw translateError(error);
  } finally {
    connection?.release(!done);
    leave();
  }
}
