/** Coverage: a day a cell, as long as the history is; a day by its minutes, an hour by its seconds. */
import { html, useMemo } from '../vendor/preact.js';
import { Asked, useAnswer } from '../asked.js';
import { classOf, describeCell, expand, marks, states, totalOf, writeShare } from '../cells.js';
import { useChanges } from '../follow.js';
import { Grid } from '../grid.js';
import { Lazy } from '../lazy.js';
import { countOf } from '../table.js';
import { writeDuration } from '../time.js';
import { Listing } from '../coverage-listing.js';
import { dayForm, dayHeads, makeMonths } from '../months.js';
import { SpanView } from '../coverage-span.js';
import { Gaps } from '../coverage-gaps.js';

const dayMs = 86_400_000;
const rowPixels = 16;
const headPixels = 64;

/** The view. */
export default function Coverage({ account, query, navigate, role }) {
  if (query.stream && query.day)
    return html`<${SpanView}
      account=${account}
      query=${query}
      navigate=${navigate}
      role=${role}
    />`;
  if (query.stream && query.list === 'gaps')
    return html`<${Gaps} account=${account} query=${query} navigate=${navigate} role=${role} />`;
  return html`<${Calendars} account=${account} navigate=${navigate} />`;
}

function Calendars({ account, navigate }) {
  const asked = useAnswer('coverage', { account });
  useChanges(asked.refresh, account ? 3000 : 10_000);
  return html`<div>
    <p>
      A day a cell, by UTC, shaded by the share of it that is stored completely. Choose a day to see
      its minutes, its gaps and the fetches that read it.
    </p>
    <${Legend} />
    <${Asked} asked=${asked}>
      ${(answer) =>
        answer.calendars.length === 0
          ? html`<p class="empty">Nothing has been pulled yet. Run "sync" or "serve" first.</p>`
          : groupByAccount(answer).map(
              ([name, calendars, listings]) =>
                html`<section key=${name} aria-label=${name}>
                  <h2>${name}</h2>
                  <div class="calendars">
                    ${calendars.map(
                      (calendar) =>
                        html`<${Calendar}
                          key=${calendar.stream}
                          calendar=${calendar}
                          navigate=${navigate}
                          isAlone=${answer.calendars.length <= 4}
                        />`,
                    )}
                    ${listings.map((listing) => html`<${Listing} key=${listing.stream} listing=${listing} />`)}
                  </div>
                </section>`,
            )}
    <//>
  </div>`;
}

function groupByAccount({ calendars, listings }) {
  const names = [...new Set([...calendars, ...listings].map(({ account }) => account))];
  return names.map((name) => {
    const isOwn = ({ account }) => account === name;
    return [name, calendars.filter(isOwn), listings.filter(isOwn)];
  });
}

function Legend() {
  return html`<ul class="legend" aria-label="What the cells mean">
    ${states.map(
      ({ name, words, isHeld }) =>
        html`<li key=${name}>
          <span class=${`cell s-${name} ${isHeld ? 'q10' : ''}`} aria-hidden="true"></span> ${words}
        </li>`,
    )}
    <li>
      <span class="cell s-covered q6 n-gap" aria-hidden="true"></span> partly covered, with a gap
    </li>
    ${marks.map(
      ({ name, words }) =>
        html`<li key=${name}>
          <span class=${`cell s-covered q10 m-${name}`} aria-hidden="true"></span> ${words}
        </li>`,
    )}
  </ul>`;
}

function Calendar({ calendar, navigate, isAlone }) {
  const { account, stream, title, since, days, open, lost, found } = calendar;
  const months = since === null ? 0 : countMonths(since, days);
  const grid = () => html`<${Days} calendar=${calendar} navigate=${navigate} />`;
  return html`<article aria-label=${`${title} of ${account}`}>
    <h3>${title}</h3>
    <p class="sum">${describeSum(calendar)}</p>
    ${found.map((sentence) => html`<p key=${sentence} class="note problem">${sentence}</p>`)}
    ${
      (open > 0 || lost > 0) &&
      html`<p>
        <a href=${`#/coverage?${new URLSearchParams({ account, stream, list: 'gaps' })}`}
          >${[
            open > 0 && `${countOf(open, 'gap')} to fill`,
            lost > 0 && `${countOf(lost, 'gap')} lost for good`,
          ]
            .filter(Boolean)
            .join(', ')}</a
        >
      </p>`
    }
    ${
      since === null
        ? html`<p class="empty">Nothing is known of it yet.</p>`
        : isAlone
          ? grid()
          : html`<${Lazy} height=${months * rowPixels + headPixels}>${grid}<//>`
    }
  </article>`;
}

function describeSum({ since, seconds }) {
  if (since === null) return '';
  const total = totalOf({ seconds });
  return html`${states
    .filter(({ name }) => seconds[name] > 0)
    .map(({ name, words }) =>
      name === 'covered'
        ? `${writeShare(seconds.covered, total)} ${words}`
        : `${writeDuration(seconds[name])} ${words}`,
    )
    .join(', ')};
  since ${since.slice(0, 10)}.`;
}

function countMonths(since, days) {
  const first = new Date(since);
  const count = days.reduce((sum, run) => sum + run.count, 0);
  const last = new Date(first.getTime() + (count - 1) * dayMs);
  return (
    (last.getUTCFullYear() - first.getUTCFullYear()) * 12 +
    last.getUTCMonth() -
    first.getUTCMonth() +
    1
  );
}

/** The grid of a log: a row a month, the newest first. */
function Days({ calendar: { account, stream, title, since, days }, navigate }) {
  const rows = useMemo(
    () =>
      makeMonths(since, expand(days), (cell, date) => ({
        text: `${dayForm.format(date)}: ${describeCell(cell)}`,
        className: classOf(cell),
      })),
    [days],
  );
  return html`<${Grid}
    label=${`Days of the ${title} of ${account}, by month`}
    hint="Days of the month, UTC"
    heads=${dayHeads}
    rows=${rows}
    open=${(day) => navigate('coverage', { account, stream, day })}
  />`;
}
