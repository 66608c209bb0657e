/** The history of a setting or of the roles of a person: a line of time for each, and the same as a table. */
import { html } from '../vendor/preact.js';
import { Asked, useAnswer } from '../asked.js';
import { hashOf } from '../link.js';
import { Table } from '../table.js';
import { Moment, writeLocal } from '../time.js';

const view = 'what-changed';

export function History({ account, query }) {
  const { of, type, thing, label } = query;
  const asked = useAnswer(`${view}/history`, { account, of, type, thing, label });
  return html`<div>
    <p><a href=${hashOf(view, { account, type, thing })}>Back to the changes</a></p>
    <${Asked} asked=${asked}
      >${({ spans, isWhole }) => {
        const name = spans.at(-1)?.name ?? label ?? thing;
        if (spans.length === 0)
          return html`<p class="empty">No stored change of ${name} says what it was.</p>`;
        const lanes = Map.groupBy(spans, ({ lane }) => lane);
        return html`
          <h2>${of === 'role' ? `Roles of ${name}` : name}</h2>
          ${!isWhole && html`<p>Only the newest ${spans.length} changes are shown.</p>`}
          ${[...lanes].map(
            ([lane, own]) =>
              html`<${Lane} key=${lane} name=${lane === '' ? 'Value' : lane} spans=${own} />`,
          )}
        `;
      }}<//
    >
  </div>`;
}

const laneHeight = 34;

function Lane({ name, spans }) {
  const begin = Date.parse(spans[0].valid_from);
  const now = Date.now();
  // What was before the first change has a tenth of the line.
  const first = begin - (now - begin) / 9;
  const place = (at) => ((at - first) / (now - first)) * 100;
  const parts = [
    { from: first, until: begin, value: spans[0].old_value },
    ...spans.map((span) => ({
      from: Date.parse(span.valid_from),
      until: span.valid_until === null ? now : Date.parse(span.valid_until),
      value: span.new_value ?? span.description,
    })),
  ];
  return html`<section class="lane">
    <h3>${name}</h3>
    <svg
      width="100%"
      height=${laneHeight}
      role="img"
      aria-label=${`${name} over time; the table below says the same`}
    >
      ${parts.map(
        ({ from, until, value }, at) =>
          html`<svg
            key=${at}
            x=${`${place(from)}%`}
            width=${`${Math.max(0.2, place(until) - place(from))}%`}
            height=${laneHeight}
          >
            <title>${`${value ?? 'not known'}: ${writeLocal(from)} – ${writeLocal(until)}`}</title>
            <rect class=${`part part${at % 2}`} width="100%" height="100%" />
            <text x="6" y="22">${value ?? 'not known'}</text>
          </svg>`,
      )}
    </svg>
    <p class="ends"><span>${writeLocal(begin).slice(0, 10)}</span><span>now</span></p>
    <${Table}
      caption=${`${name} over time`}
      rows=${spans}
      keyOf=${({ id }) => id}
      columns=${[
        { title: 'From', cell: ({ valid_from: at }) => html`<${Moment} at=${at} seconds />` },
        {
          title: 'Until',
          cell: ({ valid_until: at }) =>
            at === null ? 'now' : html`<${Moment} at=${at} seconds />`,
        },
        { title: 'Before', cell: (row) => html`<span class="text">${row.old_value}</span>` },
        {
          title: 'After',
          cell: (row) => html`<span class="text">${row.new_value ?? row.description}</span>`,
        },
        { title: 'Changed by', cell: (row) => row.actor_name ?? row.actor_id },
      ]}
    />
  </section>`;
}
