/** Who did most in a part of the time, what was changed, and where people signed in from. */
import { html } from './vendor/preact.js';
import { dayBefore } from './days.js';
import { Table, writeCount } from './table.js';
import { Moment } from './time.js';

const number = (title, key) => ({ title, cell: (row) => writeCount(row[key]), isNumber: true });

/** A number that is also shown as a length. */
const measured = (title, key, rows) => {
  const most = Math.max(1, ...rows.map((row) => row[key]));
  return {
    title,
    isNumber: true,
    cell: (row) =>
      html`<span class="measured"
        ><${Bar} share=${row[key] / most} /> ${writeCount(row[key])}</span
      >`,
  };
};

/** @param isAll whether several accounts are shown */
export function Totals({ of: { from, until, agents, changes, networks }, isAll }) {
  const time = `${from} to ${dayBefore(until)}`;
  return html`<div>
    <section>
      <h2>Agents by tickets</h2>
      <p class="muted">${time}. Different tickets of each day, added up.</p>
      <${Table}
        caption="Agents by tickets"
        rows=${agents}
        empty="Nobody made a request in this time."
        keyOf=${({ account, personId }) => `${account} ${personId}`}
        columns=${[
          {
            title: 'Agent',
            isHead: true,
            cell: ({ person, personId }) =>
              person ?? (personId === '0' ? 'nobody named' : `User ${personId}`),
          },
          ...(isAll ? [{ title: 'Account', cell: ({ account }) => account }] : []),
          measured('Tickets', 'tickets', agents),
          number('Requests', 'requests'),
          number('Searches', 'searches'),
          number('Exports', 'exports'),
          number('Writes', 'writes'),
          number('Denied', 'denied'),
          number('Days', 'days'),
        ]}
      />
    </section>
    <section>
      <h2>Changes by type</h2>
      <p class="muted">${time}.</p>
      <${Table}
        caption="Changes by type"
        rows=${changes}
        empty="Nothing was changed in this time."
        keyOf=${({ type, action }) => `${type} ${action}`}
        columns=${[
          { title: 'Type', isHead: true, cell: ({ type }) => type || 'no type' },
          { title: 'Action', cell: ({ action }) => action || '–' },
          measured('Changes', 'changes', changes),
          number('People', 'actors'),
        ]}
      />
    </section>
    <section>
      <h2>Sign-ins by network</h2>
      <p class="muted">${time}. IPv4 by /24, IPv6 by /48.</p>
      <${Table}
        caption="Sign-ins by network"
        rows=${networks}
        empty="Nobody signed in in this time."
        keyOf=${({ network }) => network}
        columns=${[
          { title: 'Network', isHead: true, cell: ({ network }) => network || 'no address' },
          measured('Sign-ins', 'signIns', networks),
          number('Days', 'days'),
          { title: 'First', cell: ({ first }) => html`<${Moment} at=${first} />` },
          { title: 'Last', cell: ({ last }) => html`<${Moment} at=${last} />` },
        ]}
      />
    </section>
  </div>`;
}

function Bar({ share }) {
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect width=${Math.round(share * 100)} height="10" />
  </svg>`;
}
