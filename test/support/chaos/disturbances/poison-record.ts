import assert from 'node:assert/strict';
import type { Disturbance } from '../disturbance.ts';

const id = 987_654_321;

/** One that cannot be stored, in every request for its page. */
export const poisonRecord: Disturbance = {
  name: 'poison-record',
  deed: 'Zendesk returns a record that cannot be stored',
  passes: true,
  async strike({ zendesk, random }) {
    let momentMs: number | undefined;
    const place = random.below(100);
    zendesk.alter((answer) => {
      if (!answer.path.endsWith('/audit_logs') || answer.status !== 200) return answer;
      const page = JSON.parse(answer.body) as { audit_logs: { created_at: string }[] };
      const records = page.audit_logs;
      const times = records.map((record) => Date.parse(record.created_at));
      // Most of a page must be usable, otherwise the whole page is wrong.
      if (records.length < 20) return answer;
      momentMs ??= times[place % times.length] ?? 0;
      if (momentMs < Math.min(...times) || momentMs > Math.max(...times)) return answer;
      const poison = { ...records[0], id, created_at: 'the day before' };
      const spoilt = [...records.slice(0, 10), poison, ...records.slice(10)];
      return { ...answer, body: JSON.stringify({ ...page, audit_logs: spoilt }) };
    });
  },
  async check(query) {
    const [kept] = await query(
      `select from zendesk_sync.quarantine where stream = 'audit_logs' and record_id = $1`,
      [String(id)],
    );
    assert.ok(kept !== undefined, 'the record that cannot be stored is in quarantine');
  },
};
