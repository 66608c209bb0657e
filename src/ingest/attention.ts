/** When a stream needs a person: problems that do not end automatically, or should have ended by now. */
import { refusesLogin } from '../errors.ts';
import type { StreamStatus } from './status.ts';

/** How long a stream may be without a success: more than three missed ticks. */
const staleSeconds = 900;
/** People are listed once an hour. */
const staleListingSeconds = 10_800;
/** Uncovered time that nobody reads and that is lost in less than this is in danger. */
const lowHeadroomSeconds = 14 * 86_400;
/** How long removed rows are reported as news. */
const newsSeconds = 86_400;

/** The reasons why a stream needs a person, one sentence each; empty if it does not. */
export function listNeeds(
  row: StreamStatus,
  listings: readonly string[],
  now: Date,
): readonly string[] {
  const secondsSince = (moment: Date): number => (now.getTime() - moment.getTime()) / 1000;
  const needs: string[] = [];
  if (row.state === 'unavailable') needs.push('Zendesk refuses it');
  else if (row.state === 'failed' && isRefusedLogin(row)) needs.push('the credentials are refused');
  else if (isStale(row, listings, now))
    needs.push(row.state === 'failed' ? 'it fails repeatedly' : 'nothing pulls it; start "serve"');
  if (losesHeadroom(row))
    needs.push('Zendesk will soon delete what is not stored yet, and nothing reads it');
  if (row.quarantined > 0) needs.push('records could not be stored');
  if (
    row.losses.some(({ noticed_at: at }) => at !== null && secondsSince(new Date(at)) < newsSeconds)
  )
    needs.push('rows were removed by hand');
  if (row.verification_findings > 0)
    needs.push('a verification found what is not as it was stored; run "verify --deep"');
  return needs;
}

/** Whether nothing has pulled a stream for too long. */
export function isStale(
  { stream, state, last_success: last }: StreamStatus,
  listings: readonly string[],
  now: Date,
): boolean {
  const limit = listings.includes(stream) ? staleListingSeconds : staleSeconds;
  return state !== 'running' && (last === null || now.getTime() - last.getTime() > limit * 1000);
}

/** Whether Zendesk will soon delete what is not stored yet, and nothing reads it. */
export function losesHeadroom({ gaps, state, headroom_seconds: headroom }: StreamStatus): boolean {
  return gaps > 0 && state !== 'running' && headroom !== null && headroom < lowHeadroomSeconds;
}

function isRefusedLogin({ last_error_code: code }: StreamStatus): boolean {
  return code !== null && refusesLogin(code);
}
