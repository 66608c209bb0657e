/**
 * Kinds of columns that drizzle does not have. The docstring of a schema, table or column beside this file is its
 * comment in
 * the database: `npm run migrations:generate` writes them to `definitions/comments.sql`.
 */
import { sql } from 'drizzle-orm';
import { bigint, customType } from 'drizzle-orm/pg-core';

/** Text compared byte by byte: right for identifiers, and the cheapest order for an index. */
export const identifier = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

/** A point in time with microseconds, always stored in UTC. */
export const instant = customType<{ data: Date }>({ dataType: () => 'timestamptz' });

/** 64 bit integer, as text where it is greater than what a JavaScript number holds exactly. */
export const bigId = customType<{ data: string | number }>({ dataType: () => 'bigint' });

/** Bytes as they came. */
export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** A number from a sequence that a migration makes: a table that is spread over several servers can have no identity column. */
export const numbered = (sequence: string) =>
  bigint({ mode: 'bigint' })
    .notNull()
    .default(sql.raw(`nextval('${sequence}')`));
