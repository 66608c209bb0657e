/** The rules with their thresholds, on and off. */
import { html } from './vendor/preact.js';
import { Asked, useAnswer } from './asked.js';
import { Severity } from './finding-words.js';
import { hashOf } from './link.js';
import { Table, writeCount } from './table.js';
import { Moment } from './time.js';

/** All rules. */
export function Rules({ account }) {
  const asked = useAnswer('findings/rules', { account });
  return html`<div>
    <p>
      A rule is a row of <code>zendesk.finding_rules</code>: change its thresholds there, or switch
      it off. What changes is applied within minutes.
    </p>
    <${Asked} asked=${asked}>
      ${(rules) =>
        html`<${Table}
          caption="Rules"
          rows=${rules}
          keyOf=${({ rule }) => rule}
          columns=${[
            {
              title: 'Rule',
              isHead: true,
              cell: ({ title, rule, question }) =>
                html`${title} <small class="rule">${rule}</small
                  ><small class="rule">${question}</small>`,
            },
            {
              title: 'On',
              cell: ({ isOn }) =>
                isOn
                  ? html`<span class="state good"><span aria-hidden="true">●</span> on</span>`
                  : html`<span class="state"><span aria-hidden="true">○</span> off</span>`,
            },
            { title: 'Severity', cell: ({ severity }) => html`<${Severity} of=${severity} />` },
            { title: 'Log', cell: ({ stream }) => stream },
            { title: 'Thresholds', cell: (row) => html`<${Thresholds} of=${row} />` },
            {
              title: 'Open',
              isNumber: true,
              cell: ({ rule, open }) =>
                open === 0
                  ? '0'
                  : html`<a
                      href=${hashOf('findings', { account, rule })}
                      aria-label=${`${open} open findings of ${rule}`}
                      >${writeCount(open)}</a
                    >`,
            },
            {
              title: 'Acknowledged',
              isNumber: true,
              cell: ({ acknowledged }) => writeCount(acknowledged),
            },
            { title: 'Newest', cell: ({ newest }) => html`<${Moment} at=${newest} />` },
            {
              title: 'Version',
              cell: ({ version, since }) =>
                version === null
                  ? '–'
                  : html`${version} <small>since ${since.slice(0, 10)}</small>`,
            },
          ]}
        />`}
    <//>
  </div>`;
}

function Thresholds({ of: { parameters, patterns } }) {
  const entries = Object.entries(parameters);
  if (entries.length === 0)
    return patterns > 0 ? html`<span class="muted">${patterns} patterns</span>` : '–';
  return html`<ul class="plain">
    ${entries.map(
      ([name, value]) =>
        html`<li key=${name}>
          ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}
        </li>`,
    )}
  </ul>`;
}
