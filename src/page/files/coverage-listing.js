/** A stream that is read as a whole, such as the people: the days on which it was. */
import { html, useMemo } from './vendor/preact.js';
import { Grid } from './grid.js';
import { dayForm, dayHeads, makeMonths } from './months.js';
import { countOf } from './table.js';
import { Moment } from './time.js';

export function Listing({ listing: { account, title, listedAt, since, readings } }) {
  const rows = useMemo(
    () =>
      since === null
        ? []
        : makeMonths(since, readings, (count, date) => ({
            text: `${dayForm.format(date)}: ${count === 0 ? 'not read' : `read as a whole ${countOf(count, 'time')}`}`,
            className: count === 0 ? 'cell s-none' : 'cell s-covered q10',
          })),
    [since, readings.join()],
  );
  return html`<article aria-label=${`${title} of ${account}`}>
    <h3>${title}</h3>
    <p class="sum">
      Read as a whole, so no time of it can be missing.${' '}
      ${
        listedAt === null
          ? 'No reading has been completed yet.'
          : html`Last complete reading: <${Moment} at=${listedAt} />.`
      }
    </p>
    ${
      rows.length > 0 &&
      html`<${Grid}
        label=${`Days of the ${title} of ${account}, by month`}
        hint="Days of the month, UTC"
        heads=${dayHeads}
        rows=${rows}
        open=${() => {}}
      />`
    }
  </article>`;
}
