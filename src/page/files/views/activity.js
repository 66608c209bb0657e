/** Activity: charts of each day from the daily sums, each with its table; a part of the time can be chosen. */
import { html, useMemo } from '../vendor/preact.js';
import { Totals } from '../activity-totals.js';
import { Asked, useAnswer } from '../asked.js';
import { StackedChart } from '../chart.js';
import { dayBefore, dayAfter } from '../days.js';
import { Table, countOf, writeCount } from '../table.js';

const view = 'activity';
const usualDays = 90;
const ranges = [
  [30, '30 days'],
  [usualDays, '90 days'],
  [365, 'year'],
  [1096, 'three years'],
];

/** The kinds of requests, each with the number of its colour. */
const kinds = [
  ['views', 'views'],
  ['lists', 'lists'],
  ['searches', 'searches'],
  ['exports', 'exports'],
  ['writes', 'writes'],
  ['secrets', 'credentials'],
  ['logs', 'logs'],
  ['unclassified', 'unclassified'],
  ['rest', 'other requests'],
].map(([key, label], place) => ({ key, label, colour: place + 1 }));

/** The view. `from` and `until` are the chosen part, days by UTC; `range` is how many days the charts have. */
export default function Activity({ account, query, navigate }) {
  const days = Number(query.range) || usualDays;
  const isChosen = Boolean(query.from && query.until);
  const charts = useAnswer('activity/days', { account, days });
  const totals = useAnswer(
    'activity/totals',
    isChosen ? { account, from: query.from, until: query.until } : { account, days },
  );
  const choose = (part) => navigate(view, { range: query.range, ...part });
  const part = isChosen ? { from: query.from, until: query.until } : undefined;
  return html`<div>
    <p>
      Counted by day (UTC) from the daily sums. Drag over a chart, or fill in the days, to see a
      part of the time alone.
    </p>
    <${Asked} asked=${charts}>
      ${(answer) => {
        const whole = { from: answer.from, until: answer.until };
        const chart = { whole, part, choose };
        return html`<div>
          <${Choice} ...${{ days, whole, part, choose, navigate }} />
          ${
            answer.pending > 0 &&
            html`<p class="note">
              Not counted yet: ${countOf(answer.pending, 'day')} with new or changed rows.
            </p>`
          }
          <${Requests} rows=${answer.requests} chart=${chart} />
          <${ByName}
            title="Changes a day by type"
            rows=${answer.changes}
            nameless="no type"
            chart=${chart}
            empty="No change was recorded in this time."
          />
          <${ByName}
            title="Sign-ins a day by network"
            rows=${answer.signIns}
            nameless="no address"
            chart=${chart}
            empty="No sign-in was recorded in this time."
          />
        </div>`;
      }}
    <//>
    <${Asked} asked=${totals}>${(answer) => html`<${Totals} of=${answer} isAll=${!account} />`}<//>
  </div>`;
}

function Choice({ days, whole, part = whole, choose, navigate }) {
  const show = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    choose({ from: form.get('from'), until: dayAfter(form.get('to')) });
  };
  return html`<form key=${JSON.stringify(part)} onSubmit=${show} aria-label="Time">
    <label>
      Charts of the last
      <select onChange=${(event) => navigate(view, { range: event.target.value })}>
        ${ranges.map(
          ([count, words]) =>
            html`<option value=${count} selected=${count === days}>${words}</option>`,
        )}
      </select>
    </label>
    <label>
      First day
      <input type="date" name="from" required defaultValue=${part.from} />
    </label>
    <label>
      Last day
      <input type="date" name="to" required defaultValue=${dayBefore(part.until)} />
    </label>
    <button type="submit">Choose</button>
    ${
      part !== whole &&
      html`<button type="button" class="quiet" onClick=${() => choose({})}>
        All days of the charts
      </button>`
    }
  </form>`;
}

function Requests({ rows, chart }) {
  const series = kinds.filter(({ key }) => rows.some((row) => row[key] > 0));
  return html`<${Figure}
    title="Requests a day by kind"
    chart=${chart}
    rows=${rows}
    series=${series}
    valuesOf=${(row) => series.map(({ key }) => row[key])}
    empty="No request was recorded in this time."
    columns=${[
      { title: 'Requests', cell: ({ requests }) => writeCount(requests), isNumber: true },
      ...series.map(({ key, label }) => ({
        title: label,
        cell: (row) => writeCount(row[key]),
        isNumber: true,
      })),
      { title: 'Denied', cell: ({ denied }) => writeCount(denied), isNumber: true },
    ]}
  />`;
}

/** The most frequent name is the lowest; what is not drawn by its name is on top. */
function ByName({ title, rows, nameless, chart, empty }) {
  const names = useMemo(() => {
    const sums = new Map();
    for (const { name, count } of rows) sums.set(name, (sums.get(name) ?? 0) + count);
    const weigh = (name) => (name === 'others' ? -1 : sums.get(name));
    return [...sums.keys()].toSorted((a, b) => weigh(b) - weigh(a));
  }, [rows]);
  const byDay = useMemo(
    () =>
      [...Map.groupBy(rows, ({ day }) => day)].map(([day, own]) => ({
        day,
        of: new Map(own.map(({ name, count }) => [name, count])),
      })),
    [rows],
  );
  return html`<${Figure}
    title=${title}
    chart=${chart}
    rows=${byDay}
    series=${names.map((name, place) => ({ label: name || nameless, colour: place + 1 }))}
    valuesOf=${({ of }) => names.map((name) => of.get(name) ?? 0)}
    empty=${empty}
    columns=${names.map((name) => ({
      title: name || nameless,
      cell: ({ of }) => writeCount(of.get(name) ?? 0),
      isNumber: true,
    }))}
  />`;
}

/** A chart, and its table for the chosen part of the time, the newest day first. */
function Figure({ title, chart, rows, series, valuesOf, columns, empty }) {
  const { part } = chart;
  const shown = rows
    .filter(({ day }) => part === undefined || (day >= part.from && day < part.until))
    .toReversed();
  return html`<section>
    <h2>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="empty">${empty}</p>`
        : html`<div>
            <${StackedChart} ...${{ title, series, rows, valuesOf, ...chart }} />
            <details>
              <summary>Table of ${countOf(shown.length, 'day')}</summary>
              <${Table}
                caption=${title}
                rows=${shown}
                keyOf=${({ day }) => day}
                columns=${[{ title: 'Day', cell: ({ day }) => day, isHead: true }, ...columns]}
              />
            </details>
          </div>`
    }
  </section>`;
}
