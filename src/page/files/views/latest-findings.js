/** The newest findings that nobody has acknowledged, for the overview. */
import { html } from '../vendor/preact.js';
import { Severity } from '../finding-words.js';
import { Table, countOf } from '../table.js';
import { Moment } from '../time.js';

/** So many are listed. */
const listed = 8;

/** @param found the newest of each account, and how many there are of each */
export function LatestFindings({ found, isShown, account, hasAccounts }) {
  const findings = found.list.filter(isShown).slice(0, listed);
  const open = Object.entries(found.open)
    .filter(([name]) => isShown({ account: name }))
    .reduce((sum, [, count]) => sum + count, 0);
  const address = `#/findings${account === '' ? '' : `?account=${encodeURIComponent(account)}`}`;
  return html`<${Table}
      caption="The newest findings that nobody has acknowledged"
      rows=${findings}
      keyOf=${(row) => `${row.account} ${row.finding}`}
      empty="Nothing is open."
      columns=${[
        { title: 'When', cell: (row) => html`<${Moment} at=${row.at} />` },
        {
          title: 'Severity',
          cell: (row) => html`<${Severity} of=${row.severity} />`,
        },
        { title: 'Rule', cell: (row) => row.title, isHead: true },
        { title: 'Who', cell: (row) => row.actorName ?? '–' },
        { title: 'What', cell: (row) => row.summary },
        ...(hasAccounts ? [{ title: 'Account', cell: (row) => row.account }] : []),
      ]}
    />
    ${open > findings.length && html`<p class="more"><a href=${address}>All ${countOf(open, 'open finding')}</a></p>`}`;
}
