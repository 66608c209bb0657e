import { accessLogs } from './access-logs.ts';
import { auditLogs } from './audit-logs.ts';
import type { LogStream, Stream } from './stream.ts';
import { users } from './users.ts';

/** Every stream of the program, in the order in which they are shown. A further log is one line here, and its file. */
export const streams: readonly Stream[] = [auditLogs, accessLogs, users];

/** The streams that are logs. */
export function listLogs(all: readonly Stream[]): readonly LogStream[] {
  return all.filter((stream) => stream.kind === 'log');
}
