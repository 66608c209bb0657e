/** A day of a log by its minutes, or an hour by its seconds: its gaps, the fetches that read it, and its late rows. */
import { html, useMemo } from './vendor/preact.js';
import { Asked, useAnswer } from './asked.js';
import { classOf, describeCell, expand, states } from './cells.js';
import { useChanges } from './follow.js';
import { GapTable } from './coverage-gaps.js';
import { Grid } from './grid.js';
import { Table, countOf, writeCount } from './table.js';
import { Moment, readerZone, writeDuration, writeLocal } from './time.js';

const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** @param query `stream`, `day`, and `hour` where an hour is shown */
export function SpanView({ account, query, navigate, role }) {
  const { stream, day, hour } = query;
  const startMs = Date.parse(`${day}T00:00:00Z`) + (hour ? Number(hour) * hourMs : 0);
  const lengthMs = hour ? hourMs : dayMs;
  const isTime = !Number.isNaN(startMs);
  const asked = useAnswer(isTime ? 'coverage/span' : undefined, {
    account,
    stream,
    from: isTime ? write(startMs) : '',
    until: isTime ? write(startMs + lengthMs) : '',
  });
  useChanges(asked.refresh, 3000);
  const go = (next) => navigate('coverage', { account, stream, ...next });
  const move = (by) => {
    const at = new Date(startMs + by * lengthMs).toISOString();
    go({ day: at.slice(0, 10), ...(hour && { hour: at.slice(11, 13) }) });
  };
  if (!isTime) return html`<p class="note problem" role="alert">The day "${day}" is none.</p>`;
  return html`
    <div
      onKeyDown=${(event) => {
        if (event.key === 'Escape') go(hour ? { day } : {});
      }}
    >
      <div class="buttons">
        <button type="button" class="quiet" onClick=${() => go(hour ? { day } : {})}>
          ${hour ? 'Back to the day' : 'Back to the calendar'}
        </button>
        <button type="button" class="quiet" onClick=${() => move(-1)}>
          ${hour ? 'Hour before' : 'Day before'}
        </button>
        <button type="button" class="quiet" onClick=${() => move(1)}>
          ${hour ? 'Hour after' : 'Day after'}
        </button>
      </div>
      <${Asked} asked=${asked}>
        ${(answer) =>
          html`<${Span}
            answer=${answer}
            isHour=${answer.step === 1}
            openHour=${(chosen) => go({ day, hour: chosen })}
            role=${role}
            again=${asked.again}
          />`}
      <//>
    </div>
  `;
}

function write(ms) {
  return new Date(ms).toISOString();
}

const minutes = Array.from({ length: 60 }, (_, place) => ({
  text: String(place),
  isShown: place % 5 === 0,
}));

function Span({ answer, isHour, openHour, role, again }) {
  const rows = useMemo(() => makeRows(answer), [answer]);
  const { account, title, from, gaps, left } = answer;
  return html`<div>
    <h2>${describeSpan(answer, isHour)}</h2>
    <p class="muted">
      ${isHour ? 'A second a cell, a minute a row.' : 'A minute a cell, an hour a row; choose one to see its seconds.'}
      ${readerZone !== 'UTC' && ` Rows have the time of UTC, then that of ${readerZone}.`}
    </p>
    <${Grid}
      label=${`${isHour ? 'Seconds' : 'Minutes'} of the ${title} of ${account} from ${from.slice(0, 16)} UTC`}
      hint=${isHour ? 'Seconds of the minute' : 'Minutes of the hour'}
      heads=${minutes}
      rows=${rows}
      open=${(key) => !isHour && openHour(key.slice(0, 2))}
      isWide=${true}
    />
    ${answer.found.map((sentence) => html`<p key=${sentence} class="note problem">${sentence}</p>`)}
    ${answer.removals.map((sentence) => html`<p key=${sentence} class="note">${sentence}</p>`)}
    <h3>Gaps</h3>
    <${GapTable} of=${answer} gaps=${gaps} left=${left.gaps} role=${role} again=${again} />
    <h3>Fetches that read it</h3>
    <${Fetches} fetches=${answer.fetches} hasMore=${left.fetches} />
    <h3>Late rows</h3>
    <${LateRows} rows=${answer.lateRows} hasMore=${left.lateRows} />
    <details>
      <summary>${countOf(answer.parts.length + left.parts, 'exact time range')}</summary>
      <${Parts} parts=${answer.parts} left=${left.parts} />
    </details>
  </div>`;
}

function describeSpan({ account, title, from, until }, isHour) {
  const hours = isHour ? ` ${from.slice(11, 16)} to ${until.slice(11, 16)}` : '';
  return `The ${title} of ${account}, ${from.slice(0, 10)}${hours} UTC`;
}

/** A row has 60 cells: an hour of minutes, or a minute of seconds. */
function makeRows({ from, step, cells }) {
  const startMs = Date.parse(from);
  const all = expand(cells);
  return Array.from({ length: Math.ceil(all.length / 60) }, (_, row) => {
    const at = new Date(startMs + row * 60 * step * 1000).toISOString();
    const local = readerZone === 'UTC' ? '' : ` ${writeLocal(at).slice(11)}`;
    return {
      key: at,
      head: html`${at.slice(11, 16)}<small>${local}</small>`,
      cells: all.slice(row * 60, (row + 1) * 60).map((cell, place) => {
        const moment = new Date(startMs + (row * 60 + place) * step * 1000).toISOString();
        const key = moment.slice(11, step === 1 ? 19 : 16);
        return { key, text: `${key} UTC: ${describeCell(cell)}`, className: classOf(cell) };
      }),
    };
  });
}

function Fetches({ fetches, hasMore }) {
  return html`<${Table}
      caption="Fetches"
      rows=${fetches}
      empty="No fetch has read a part of it."
      keyOf=${({ id }) => id}
      columns=${[
        { title: 'Fetch', cell: ({ id }) => id, isHead: true },
        { title: 'Why', cell: ({ kind }) => kind },
        { title: 'From', cell: ({ from }) => html`<${Moment} at=${from} seconds />` },
        { title: 'Until', cell: ({ until }) => html`<${Moment} at=${until} seconds />` },
        { title: 'Started', cell: ({ startedAt }) => html`<${Moment} at=${startedAt} seconds />` },
        {
          title: 'Result',
          cell: ({ outcome, error }) =>
            `${outcome ?? 'not ended'}${error === null ? '' : `: ${error}`}`,
        },
        { title: 'Pages', cell: ({ pages }) => writeCount(pages), isNumber: true },
        { title: 'Records', cell: ({ rowsSeen }) => writeCount(rowsSeen), isNumber: true },
        { title: 'New', cell: ({ rowsNew }) => writeCount(rowsNew), isNumber: true },
        {
          title: 'Late',
          cell: ({ rowsLate }) =>
            rowsLate > 0 ? html`<strong class="late">${writeCount(rowsLate)} late</strong>` : '0',
          isNumber: true,
        },
      ]}
    />
    ${hasMore && html`<p class="muted">Only the newest are listed.</p>`}`;
}

function LateRows({ rows, hasMore }) {
  if (rows === null)
    return html`<p class="muted">
      The fetches above found some. The day has too many rows to list them: choose an hour.
    </p>`;
  return html`<${Table}
      caption="Late rows"
      rows=${rows}
      empty="No row appeared after its second was covered."
      keyOf=${({ id }) => id}
      columns=${[
        { title: 'Time', cell: ({ at }) => html`<${Moment} at=${at} seconds />`, isHead: true },
        { title: 'Record', cell: ({ id }) => html`<code>${id}</code>` },
        { title: 'Stored', cell: ({ storedAt }) => html`<${Moment} at=${storedAt} seconds />` },
        {
          title: 'After',
          cell: ({ at, storedAt }) => writeDuration((Date.parse(storedAt) - Date.parse(at)) / 1000),
        },
      ]}
    />
    ${hasMore && html`<p class="muted">Only the first are listed.</p>`}`;
}

function Parts({ parts, left }) {
  return html`<${Table}
      caption="Exact time ranges"
      rows=${parts}
      columns=${[
        { title: 'From', cell: ({ from }) => html`<${Moment} at=${from} seconds />`, isHead: true },
        { title: 'Until', cell: ({ until }) => html`<${Moment} at=${until} seconds />` },
        {
          title: 'Length',
          cell: ({ from, until }) => writeDuration((Date.parse(until) - Date.parse(from)) / 1000),
        },
        { title: 'State', cell: ({ state }) => states.find(({ name }) => name === state)?.words },
      ]}
    />
    ${left > 0 && html`<p class="muted">${countOf(left, 'more time range')}.</p>`}`;
}
