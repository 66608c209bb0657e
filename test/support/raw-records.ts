import type { RawRecord } from './raw-log-server.ts';

/** A record of a log for each of the seconds, with ids in their order. */
export function listRawRecords(
  stream: 'audit_logs' | 'access_logs',
  seconds: readonly number[],
): RawRecord[] {
  return seconds
    .toSorted((a, b) => a - b)
    .map((second, place) => {
      const moment = new Date(second * 1000).toISOString().replace('.000Z', 'Z');
      const content =
        stream === 'audit_logs'
          ? { id: 1_000_000 + place, created_at: moment, action: 'update' }
          : {
              id: `01M${1_000_000 + place}`,
              timestamp: moment,
              status: 200,
              url: '/api/v2/users/7',
            };
      return { second, content: JSON.stringify(content) };
    });
}
