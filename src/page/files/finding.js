/** One finding: what, who, when, what was said of it, and the rows behind it. */
import { html } from './vendor/preact.js';
import { Acknowledge } from './acknowledge.js';
import { Asked, useAnswer } from './asked.js';
import { Severity, State } from './finding-words.js';
import { hashOf } from './link.js';
import { Table, countOf, writeCount } from './table.js';
import { Moment } from './time.js';

/** @param finding its id */
export function Finding({ account, finding, role }) {
  const asked = useAnswer('findings', { account, finding });
  const rows = useAnswer('findings/rows', { account, finding });
  return html`<div>
    <p><a href=${hashOf('findings', { account })}>All findings</a></p>
    <${Asked} asked=${asked}>
      ${({ findings: [found] }) =>
        found === undefined
          ? html`<p class="empty">${account} has no finding ${finding}.</p>`
          : html`<div>
              <${Facts} found=${found} /> ${
                role === 'investigator' &&
                found.state === 'open' &&
                html`<${Acknowledge} findings=${[found]} done=${asked.again} />`
              }
            </div>`}
    <//>
    <h3>Rows behind it</h3>
    <${Asked} asked=${rows}>
      ${(tables) => tables.map((each) => html`<${Rows} key=${each.table} of=${each} />`)}
    <//>
  </div>`;
}

function Facts({ found }) {
  const { summary, severity, rule, title, at, actorName, actorId, firstFoundAt, stream } = found;
  return html`<h2>${summary}</h2>
    <dl class="finding-facts">
      <dt>Severity</dt>
      <dd><${Severity} of=${severity} /></dd>
      <dt>Rule</dt>
      <dd>${title ?? ''} <code>${rule}</code></dd>
      <dt>When</dt>
      <dd><${Moment} at=${at} seconds /></dd>
      <dt>Who</dt>
      <dd>${actorName ?? '–'}${actorId !== null && html` <small>${actorId}</small>`}</dd>
      <dt>Log</dt>
      <dd>${stream}</dd>
      <dt>First found</dt>
      <dd><${Moment} at=${firstFoundAt} /></dd>
      <dt>State</dt>
      <dd><${State} finding=${found} /></dd>
      <dt>Id</dt>
      <dd><code>${found.finding}</code></dd>
    </dl>`;
}

const time = (title, key) => ({
  title,
  cell: (row) => html`<${Moment} at=${row[key]} seconds />`,
});
const text = (title, key) => ({ title, cell: (row) => row[key] ?? '–' });
const count = (title, key) => ({
  title,
  cell: (row) => writeCount(row[key] ?? 0),
  isNumber: true,
});
const person = {
  title: 'Person',
  cell: ({ person: name, personId }) => name ?? (personId === null ? '–' : `User ${personId}`),
  isHead: true,
};
const thing = {
  title: 'What',
  cell: ({ type, thing: named }) => [type, named].filter(Boolean).join(' ') || '–',
};

const tables = {
  audit_logs: {
    caption: 'Records of the audit log',
    columns: [
      time('Time', 'at'),
      person,
      text('Action', 'action'),
      thing,
      text('Change', 'what'),
      text('Address', 'address'),
      text('Record', 'id'),
    ],
  },
  access_logs: {
    caption: 'Requests of the access log',
    columns: [
      time('Time', 'at'),
      person,
      text('Kind', 'kind'),
      thing,
      text('Path', 'path'),
      text('Status', 'status'),
      text('Address', 'address'),
    ],
  },
  agent_day: {
    caption: 'Days of a person',
    columns: [
      text('Day', 'day'),
      person,
      count('Requests', 'requests'),
      count('Views', 'views'),
      count('Searches', 'searches'),
      count('Exports', 'exports'),
      count('Denied', 'denied'),
      count('Tickets', 'tickets'),
      count('Resources', 'resources'),
      count('Bytes', 'bytes'),
    ],
  },
};

function Rows({ of: { table, rows, keys } }) {
  const { caption, columns } = tables[table];
  // Only who may see what was searched for is sent it.
  const own = rows.some(({ search }) => search)
    ? [...columns, text('Searched for', 'search')]
    : columns;
  return html`<${Table}
      caption=${caption}
      rows=${rows}
      empty="The rows are no longer in the table: archived, dropped or deleted."
      columns=${own}
    />
    ${
      keys > rows.length &&
      html`<p class="muted">${countOf(rows.length, 'row')} of ${writeCount(keys)}.</p>`
    }`;
}
