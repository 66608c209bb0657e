/** Overview: what needs a person, how every log stands, and what was found lately. Live. */
import { html, useEffect, useState } from '../vendor/preact.js';
import { ask } from '../ask.js';
import { listen } from '../listen.js';
import { State } from '../state.js';
import { Figures } from './figures.js';
import { LatestFindings } from './latest-findings.js';
import { Table, countOf, writeCount } from '../table.js';
import { Moment, useNow, writeDistance, writeDuration, writeLocal, writeUtc } from '../time.js';

export default function Overview({ account, accounts }) {
  const { parts, problem, isLive } = useLive();
  if (parts === undefined)
    return problem === undefined
      ? html`<p class="waiting" role="status">Asking the database …</p>`
      : html`<p class="note problem" role="alert">${problem}</p>`;
  const isShown = (row) => account === '' || row.account === '' || row.account === account;
  const streams = Object.keys(parts)
    .filter((name) => name.startsWith('stream '))
    .map((name) => parts[name])
    .filter(isShown);
  const hasAccounts = account === '' && accounts.length > 1;
  const told = parts.told.filter(isShown);
  return html`
    <p class="live" role="status">
      ${isLive ? html`<${State} level="good" words="Live" />` : html`<${State} level="warning" words="Not live: trying to connect again" />`}
    </p>
    <${Needs} told=${told} streams=${streams} />
    <${Figures} streams=${streams} />
    <h2>Streams</h2>
    <${Streams} streams=${streams} hasAccounts=${hasAccounts} />
    <h2>Latest findings</h2>
    <${LatestFindings}
      found=${parts.findings}
      isShown=${isShown}
      account=${account}
      hasAccounts=${hasAccounts}
    />
  `;
}

/** All parts, and from then on those that change, as the server sends them. */
function useLive() {
  const [state, setState] = useState({ parts: undefined, problem: undefined, isLive: false });
  useEffect(() => {
    let leave = () => {};
    let isOver = false;
    ask('overview').then(
      ({ version, parts }) => {
        if (isOver) return;
        setState({ parts, isLive: false });
        leave = listen(version, {
          opened: () => setState((former) => ({ ...former, isLive: true })),
          lost: () => setState((former) => ({ ...former, isLive: false })),
          told: (changed) =>
            setState((former) => ({
              ...former,
              isLive: true,
              parts: { ...former.parts, ...changed },
            })),
        });
      },
      (error) => setState({ problem: error.message }),
    );
    return () => {
      isOver = true;
      leave();
    };
  }, []);
  return state;
}

function Needs({ told, streams }) {
  if (streams.length === 0 && told.length === 0)
    return html`<p class="note">
      Nothing has been pulled yet. This page fills as the service reads.
    </p>`;
  if (told.length === 0)
    return html`<p class="note good"><strong>Nothing needs you.</strong> ${summarize(streams)}</p>`;
  return html`<section aria-labelledby="needs">
    <h2 id="needs" class="first">Needs a person</h2>
    <ul class="needs">
      ${told.map(
        ({ account, level, found, wayOut }) =>
          html`<li key=${account + found} class=${`note ${level}`}>
            <${State} level=${level} words=${account === '' ? 'All' : account} />
            <div>
              <p class="lines">${found}</p>
              ${wayOut !== null && html`<p class="lines way-out">${wayOut}</p>`}
            </div>
          </li>`,
      )}
    </ul>
  </section>`;
}

function summarize(streams) {
  const complete = streams.filter(({ state }) => state.level === 'good').length;
  return complete === streams.length
    ? `All ${countOf(complete, 'stream')} are complete.`
    : `${writeCount(complete)} of ${countOf(streams.length, 'stream')} are complete; the gaps of the others are filled next.`;
}

function Streams({ streams, hasAccounts }) {
  const now = useNow(1000);
  const columns = [
    { title: 'Account', cell: (row) => row.account, isHead: true },
    { title: 'Stream', cell: (row) => capitalize(row.title), isHead: true },
    { title: 'State', cell: (row) => html`<${StateOf} row=${row} now=${now} />` },
    { title: 'Complete since', cell: (row) => html`<${Moment} at=${row.coveredFrom} />` },
    { title: 'Until', cell: (row) => html`<${Until} row=${row} now=${now} />` },
    { title: 'Missing', cell: (row) => html`<${Missing} row=${row} />` },
    {
      title: 'Headroom',
      about: 'Until Zendesk deletes the oldest moment that is not stored yet',
      cell: (row) => describeHeadroom(row, now),
    },
    { title: 'Rows', cell: (row) => html`<${Rows} row=${row} />`, isNumber: true },
    {
      title: 'Next run',
      cell: ({ nextTick }) => html`<span class="line">${describeNext(nextTick, now)}</span>`,
    },
    {
      title: 'This minute',
      about: 'Requests to Zendesk of the last 60 seconds, which the streams of a budget share',
      cell: ({ spending }) =>
        spending === null ? '–' : html`<${Spending} spending=${spending} />`,
    },
    { title: 'Verified', cell: (row) => html`<${Moment} at=${row.verifiedAt} />` },
  ];
  return html`<${Table}
    caption="The streams of each account"
    columns=${hasAccounts ? columns : columns.slice(1)}
    rows=${streams}
    keyOf=${(row) => `${row.account} ${row.stream}`}
    empty="There are no streams yet."
  />`;
}

function describeHeadroom({ deletedAt, isListing }, now) {
  if (deletedAt !== null) return writeDuration(Math.max(0, (new Date(deletedAt) - now) / 1000));
  return isListing ? '–' : 'unlimited';
}

function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function StateOf({ row: { state, backfill, spending }, now }) {
  return html`<${State} level=${state.level} words=${state.words} />${
      backfill !== null && html`<${Backfill} backfill=${backfill} now=${now} />`
    }${
      spending !== null &&
      spending.pausedUntil !== null &&
      html`<small class="pause"
        >${`Paused, goes on ${writeDistance(spending.pausedUntil, now)}: ${spending.pauseReason}`}</small
      >`
    }`;
}

function Backfill({ backfill: { rowsPerSecond, endsAt, share }, now }) {
  const words = [
    ...(share === null ? [] : [`${Math.floor(share * 100)} %`]),
    `${writeCount(rowsPerSecond)} rows/s`,
    ...(endsAt === null ? [] : [`done at ${describeEnd(endsAt, now)}`]),
  ];
  return html`<div class="backfill">
    ${
      share !== null &&
      html`<progress
        max="1"
        value=${share}
        aria-label="Share of the time that is stored"
      ></progress>`
    }
    <small title=${endsAt === null ? undefined : writeUtc(endsAt)}>${words.join(', ')}</small>
  </div>`;
}

function Until({ row, now }) {
  const behind = row.freshAt === null ? 0 : (now - new Date(row.freshAt)) / 1000;
  return html`<${Moment} at=${row.coveredUntil} />${
      row.freshAt !== null &&
      html`<small class="line">${`${writeDuration(Math.max(0, behind))} behind`}</small>`
    }`;
}

function Missing({ row: { gaps, gapSeconds, lostSeconds } }) {
  return html`<span class="line">${gaps === 0 ? 'nothing' : writeDuration(gapSeconds)}</span>${
      lostSeconds > 0 &&
      html`<small class="line">${`${writeDuration(lostSeconds)} lost for good`}</small>`
    }`;
}

/** The day only where it is another one. */
function describeEnd(at, now) {
  const end = writeLocal(at);
  return end.slice(0, 10) === writeLocal(now).slice(0, 10) ? end.slice(11) : end;
}

function Rows({ row: { rows, quarantined } }) {
  return html`${writeCount(rows)}${
    quarantined > 0 &&
    html`<small class="line">${`${writeCount(quarantined)} in quarantine`}</small>`
  }`;
}

function describeNext(at, now) {
  if (at === null) return 'not by this process';
  return new Date(at) - now > 500 ? writeDistance(at, now) : 'now';
}

function Spending({ spending: { used, limit, share } }) {
  const words = limit === null ? writeCount(used) : `${writeCount(used)} of ${writeCount(limit)}`;
  const about = share !== null && `At most ${Math.round(share * 100)} % of what others leave`;
  return html`<span class="line" title=${about || undefined}>${words}</span
    ><small class="line">requests</small>`;
}
