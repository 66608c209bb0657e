import { createMetrics } from '../../src/http/metrics.ts';

/** The record that the rules themselves define. */
export const recordedName = 'zendesk_log_sync:database_size_limit_bytes';

/** The name of every series that the program offers, or that the rules derive. */
export async function listSeriesNames(): Promise<ReadonlySet<string>> {
  const metrics = createMetrics({ version: '0.0.0', nodeVersion: '24.0.0' });
  const text = await metrics.render([
    {
      database: undefined,
      measures: {
        streams: [],
        late: [],
        verifications: { last: [], findings: [] },
        messages: { channels: [], reports: [] },
        archive: { logs: [], lastRun: 0, failures: 0 },
        tables: [],
        databaseBytes: 0,
        anchors: [],
      },
    },
  ]);
  const names = new Set([recordedName]);
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) names.add(`${name}${suffix}`);
  }
  return names;
}

/** The series of ours, or of any process, in a PromQL expression. */
export function findSeriesNames(expression: string): string[] {
  return expression.match(/\b(?:zendesk_log_sync[_:]|process_|nodejs_)\w+/g) ?? [];
}
