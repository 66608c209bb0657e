/** Visits as a table, and as files. */
import { html } from '../vendor/preact.js';
import { addressOf } from '../ask.js';
import { hashOf } from '../link.js';
import { Table } from '../table.js';
import { Moment } from '../time.js';
import { listVisitColumns } from './visit-columns.js';

const view = 'who-looked';

/** Visits of one tier, with their numbers and the same as files. */
export function Visits({ title, tier, offsetName, empty, found, state, common }) {
  const { details, rows, offset, isMore, from, to, askedFrom } = found;
  const part = (at) => hashOf(view, { ...state, from, to, [offsetName]: at === 0 ? '' : at });
  const file = (form) =>
    addressOf(`${view}/file`, { ...common, from: askedFrom ?? from, to, tier, form });
  return html`<section class="visits" data-tier=${tier}>
    <h3>${title}</h3>
    ${
      askedFrom !== null &&
      html`<p class="note warning" role="status">
        The time range has too many requests to look through them while you wait. Only its newest
        part is shown, since <${Moment} at=${from} seconds />. For the rest choose an earlier end,
        or take all of it as a file.
      </p>`
    }
    ${
      details.length > 0 &&
      html`<dl class="facts">
        ${details.map(
          (each) =>
            html`<div>
              <dt>${each.title}</dt>
              <dd>
                ${isMoment(each.value) ? html`<${Moment} at=${each.value} seconds />` : each.value}
              </dd>
            </div>`,
        )}
      </dl>`
    }
    <${Table}
      caption=${`${title}, ${offset + 1} to ${offset + rows.length}`}
      columns=${listVisitColumns(found, state)}
      rows=${rows}
      empty=${offset > 0 ? 'No more rows.' : empty}
    />
    <div class="buttons">
      ${offset > 0 && html`<a class="button quiet" href=${part(Math.max(0, offset - 50))}>Earlier</a>`}
      ${isMore && html`<a class="button quiet" href=${part(offset + rows.length)}>Later</a>`}
      ${
        (rows.length > 0 || askedFrom !== null) &&
        html`<a class="button quiet" href=${file('csv')} download>All as CSV</a>
          <a class="button quiet" href=${file('xlsx')} download>All as XLSX</a>`
      }
    </div>
  </section>`;
}

function isMoment(value) {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
}

/** The same with proofs, for who may see whole rows. */
export function Package({ found, common, role }) {
  const { from, to } = found;
  if (role !== 'investigator')
    return html`<p class="muted">
      An evidence package has whole rows, so it needs the role investigator.
    </p>`;
  return html`<p class="buttons">
    <a class="button quiet" href=${addressOf(`${view}/package`, { ...common, from, to })} download
      >Evidence package</a
    >
  </p>`;
}
