/** The state of a stream in words. Pure. */
import type { StreamStatus } from '../../../ingest/status.ts';

/** The words, and how much they matter: shown as a sign and a colour beside them. */
export type StateWords = {
  readonly level: 'good' | 'plain' | 'warning' | 'problem';
  readonly words: string;
};

type Row = Pick<
  StreamStatus,
  'state' | 'covered_until' | 'gaps' | 'lost_seconds' | 'verification_findings'
>;

/** What to call the state of a stream. The worst comes first. */
export function describeState(row: Row, isListing: boolean): StateWords {
  const isReading = row.state === 'running';
  if (row.state === 'unavailable') return { level: 'problem', words: 'Refused by Zendesk' };
  if (row.verification_findings > 0) return { level: 'problem', words: 'Not as it was stored' };
  if (row.state === 'failed') return { level: 'problem', words: 'The last run failed' };
  if (row.gaps > 0) {
    const gaps = `${row.gaps.toLocaleString('en-GB')} ${row.gaps === 1 ? 'gap' : 'gaps'}`;
    return isReading
      ? { level: 'plain', words: `${gaps}, being read` }
      : { level: 'warning', words: gaps };
  }
  if (row.covered_until === null)
    return { level: 'plain', words: isReading ? 'First read' : 'Not read yet' };
  if (isListing) return { level: 'good', words: 'Complete list' };
  return {
    level: 'good',
    words: row.lost_seconds > 0 ? 'Complete, except what is lost' : 'Complete',
  };
}
