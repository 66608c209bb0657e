/** The answers to the first questions about all streams, in large figures. */
import { html } from '../vendor/preact.js';
import { writeCount } from '../table.js';
import { useNow, writeDistance, writeDuration, writeLocal } from '../time.js';

/** Of several streams the worst counts: the last to begin, the longest unverified. */
export function Figures({ streams }) {
  const now = useNow(1000);
  const sum = (name) => streams.reduce((total, stream) => total + stream[name], 0);
  const good = streams.filter(({ state }) => state.level === 'good').length;
  const logs = streams.filter(({ isListing }) => !isListing);
  const since = momentsOf('coveredFrom', logs).toSorted().at(-1);
  const next = momentsOf('nextTick', streams).toSorted()[0];
  const verified = momentsOf('verifiedAt', logs).toSorted();
  const figures = [
    ['Complete', `${good} of ${streams.length}`],
    ['Stored since', since === undefined ? '–' : writeLocal(since).slice(0, 10)],
    ['Missing now', writeDuration(sum('gapSeconds'))],
    ['Lost for good', writeDuration(sum('lostSeconds'))],
    ['Next run', next === undefined ? '–' : describeNext(next, now)],
    ['Rows', writeCount(sum('rows'))],
    ['Quarantined', writeCount(sum('quarantined'))],
    ['Verified', describeVerified(verified, logs.length, now)],
  ];
  return html`<dl class="figures">
    ${figures.map(
      ([name, value]) =>
        html`<div key=${name}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function momentsOf(name, streams) {
  return streams.map((stream) => stream[name]).filter((at) => at !== null);
}

function describeNext(at, now) {
  return new Date(at) - now > 500 ? writeDistance(at, now) : 'now';
}

function describeVerified(moments, logs, now) {
  const [oldest] = moments;
  if (oldest === undefined) return 'not yet';
  return moments.length < logs ? 'not all yet' : writeDistance(oldest, now);
}
