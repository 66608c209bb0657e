/** When a stream needs a person: what does not pass by itself, or should have passed by now. */
import { refusesLogin } from '../errors.ts';
import type { StreamStatus } from './status.ts';

/** So long a stream may go without a success: three missed ticks and more. */
const staleSeconds = 900;
/** People are listed once an hour. */
const staleListingSeconds = 10_800;
/** What nobody reads and is lost in less time is in danger. */
const lowHeadroomSeconds = 14 * 86_400;
/** Rows that were taken away are news for so long. */
const newsSeconds = 86_400;

/** Why a stream needs a person, a sentence each; none while it does not. */
export function listNeeds(
  row: StreamStatus,
  listings: readonly string[],
  now: Date,
): readonly string[] {
  const isRunning = row.state === 'running';
  const secondsSince = (moment: Date): number => (now.getTime() - moment.getTime()) / 1000;
  const stale = listings.includes(row.stream) ? staleListingSeconds : staleSeconds;
  const isStale = row.last_success === null || secondsSince(row.last_success) > stale;
  const needs: string[] = [];
  if (row.state === 'unavailable') needs.push('Zendesk refuses it');
  else if (row.state === 'failed' && isRefusedLogin(row)) needs.push('the credentials are refused');
  else if (isStale && !isRunning)
    needs.push(row.state === 'failed' ? 'it fails repeatedly' : 'nothing pulls it; start "serve"');
  const { headroom_seconds: headroom } = row;
  if (row.gaps > 0 && !isRunning && headroom !== null && headroom < lowHeadroomSeconds)
    needs.push('Zendesk will soon delete what is not stored yet, and nothing reads it');
  if (row.quarantined > 0) needs.push('records could not be stored');
  if (
    row.losses.some(({ noticed_at: at }) => at !== null && secondsSince(new Date(at)) < newsSeconds)
  )
    needs.push('rows were removed by hand');
  return needs;
}

function isRefusedLogin({ last_error_code: code }: StreamStatus): boolean {
  return code !== null && refusesLogin(code);
}
