/**
 * Kinds of columns that drizzle does not have. The docstring of a schema, table or column beside this file is its comment in
 * the database: `npm run migrations:generate` writes them to `definitions/comments.sql`.
 */
import { customType } from 'drizzle-orm/pg-core';

/** Text compared byte by byte: right for identifiers, and the cheapest order for an index. */
export const identifier = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

/** A point in time with microseconds, always stored in UTC. */
export const instant = customType<{ data: Date }>({ dataType: () => 'timestamptz' });

/** 64 bit integer, as text where it is greater than what a JavaScript number holds exactly. */
export const bigId = customType<{ data: string | number }>({ dataType: () => 'bigint' });

/** Bytes as they came. */
export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
