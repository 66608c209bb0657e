/** The time by which rows are old. */
import type { Queryable } from '../database/client.ts';

/** The slower of two clocks, that of the program and that of the database: a wrong one makes no row old before its time. */
export async function readSlowestClock(db: Queryable, now: Date): Promise<Date> {
  const [row] = await db.query<{ now: Date }>('select now() as now');
  return row !== undefined && row.now < now ? row.now : now;
}
