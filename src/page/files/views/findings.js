/** Findings: what the rules found, by severity and rule, with the rows behind it; and the rules themselves. */
import { html, useState } from '../vendor/preact.js';
import { Acknowledge } from '../acknowledge.js';
import { Asked, useAnswer } from '../asked.js';
import { Finding } from '../finding.js';
import { Severity, State } from '../finding-words.js';
import { hashOf } from '../link.js';
import { Rules } from '../rules.js';
import { readSpan, SpanFields } from '../span.js';
import { Table, countOf, writeCount } from '../table.js';
import { Moment } from '../time.js';

const view = 'findings';
const severities = ['high', 'medium', 'low', 'info'];
const states = ['open', 'acknowledged', 'withdrawn'];

/** The view. */
export default function Findings({ account, query, navigate, role }) {
  return html`<div>
    <nav class="tabs" aria-label="Findings and rules">
      <a href=${hashOf(view, { account })} aria-current=${query.tab ? undefined : 'page'}
        >Findings</a
      >
      <a
        href=${hashOf(view, { account, tab: 'rules' })}
        aria-current=${query.tab === 'rules' ? 'page' : undefined}
        >Rules</a
      >
    </nav>
    ${
      query.tab === 'rules'
        ? html`<${Rules} account=${account} />`
        : query.finding
          ? html`<${Finding} account=${account} finding=${query.finding} role=${role} />`
          : html`<${List} account=${account} query=${query} navigate=${navigate} role=${role} />`
    }
  </div>`;
}

function List({ account, query, navigate, role }) {
  const { severity, rule, state = 'open', from, to, after } = query;
  const asked = useAnswer(view, {
    account,
    severity,
    rule,
    state: state === 'all' ? '' : state,
    from,
    until: to,
    after,
  });
  const show = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const given = ['severity', 'rule', 'state'].map((name) => [name, form.get(name)]);
    navigate(view, { ...Object.fromEntries(given), ...readSpan(form) });
  };
  return html`<${Asked} asked=${asked}>
    ${({ counts, findings, hasMore }) => {
      const last = findings.at(-1);
      const rules = [...new Set(counts.map((each) => each.rule))].toSorted((a, b) =>
        a.localeCompare(b),
      );
      return html`<div>
        <${Counts} counts=${counts} account=${account} query=${query} />
        <form key=${JSON.stringify(query)} onSubmit=${show} role="search">
          <${Choice} name="severity" title="Severity" value=${severity} of=${severities} />
          <${Choice} name="rule" title="Rule" value=${rule} of=${rules} />
          <${Choice} name="state" title="State" value=${state} of=${states} all="all" />
          <${SpanFields} from=${from} to=${to} usual="from the beginning" />
          <button type="submit">Show</button>
        </form>
        <${Chosen}
          key=${JSON.stringify(query)}
          findings=${findings}
          total=${countLike(counts, { severity, rule, state })}
          account=${account}
          role=${role}
          again=${asked.again}
        />
        ${
          (hasMore || after) &&
          html`<p class="buttons">
            ${after && html`<a class="button quiet" href=${hashOf(view, { account, ...query, after: '' })}>Newest</a>`}
            ${
              hasMore &&
              html`<a
                class="button quiet"
                href=${hashOf(view, { account, ...query, after: `${last.at} ${last.finding}` })}
                >Earlier ones</a
              >`
            }
          </p>`
        }
      </div>`;
    }}
  <//>`;
}

function Choice({ name, title, value = '', of, all = '' }) {
  return html`<label>
    ${title}
    <select name=${name} defaultValue=${value}>
      <option value=${all} selected=${value === all}>all</option>
      ${of.map((each) => html`<option value=${each} selected=${each === value}>${each}</option>`)}
    </select>
  </label>`;
}

/** How many of each severity and state; each number leads to its list. */
function Counts({ counts, account, query: { from, to } }) {
  const sum = (severity, state) =>
    counts
      .filter((each) => each.severity === severity && each.state === state)
      .reduce((total, { count }) => total + count, 0);
  const rows = severities.filter((severity) => counts.some((each) => each.severity === severity));
  return html`<div class="narrow">
    <${Table}
      caption="How many findings, by severity and state"
      rows=${rows}
      empty="The rules have found nothing."
      keyOf=${(severity) => severity}
      columns=${[
        {
          title: 'Severity',
          cell: (severity) => html`<${Severity} of=${severity} />`,
          isHead: true,
        },
        ...states.map((state) => ({
          title: state,
          isNumber: true,
          cell: (severity) => {
            const count = sum(severity, state);
            return count === 0
              ? '0'
              : html`<a
                  href=${hashOf(view, { account, severity, state, from, to })}
                  aria-label=${`${countOf(count, 'finding')}, ${severity}, ${state}`}
                  >${writeCount(count)}</a
                >`;
          },
        })),
      ]}
    />
  </div>`;
}

/** How many findings the list has, all its parts together. */
function countLike(counts, { severity, rule, state }) {
  return counts
    .filter(
      (each) =>
        (!severity || each.severity === severity) &&
        (!rule || each.rule === rule) &&
        (state === 'all' || each.state === state),
    )
    .reduce((sum, { count }) => sum + count, 0);
}

/** Ids are those of an account. */
function nameOf({ account, finding }) {
  return JSON.stringify([account, finding]);
}

/** The list, in which findings can be chosen and acknowledged together. */
function Chosen({ findings, total, account, role, again }) {
  const [chosen, setChosen] = useState([]);
  const mayChoose = role === 'investigator' && findings.some(({ state }) => state === 'open');
  const toggle = (row) => {
    const name = nameOf(row);
    setChosen(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  };
  return html`<section>
    <h2>
      ${countOf(total, 'finding')}${findings.length < total ? `, ${writeCount(findings.length)} of them here` : ''}
    </h2>
    <${Table}
      caption="Findings"
      rows=${findings}
      empty="None is like that."
      keyOf=${nameOf}
      columns=${[
        ...(mayChoose
          ? [
              {
                title: 'Choose',
                cell: (row) =>
                  row.state === 'open' &&
                  html`<input
                    type="checkbox"
                    aria-label=${`Choose ${row.finding}: ${row.summary}`}
                    checked=${chosen.includes(nameOf(row))}
                    onChange=${() => toggle(row)}
                  />`,
              },
            ]
          : []),
        {
          title: 'What was found',
          isHead: true,
          cell: ({ account: own, finding, summary, rule, severity }) =>
            html`<span class="found">
              <a href=${hashOf(view, { account: own, finding })}>${summary}</a>
              <small class="rule"><${Severity} of=${severity} /> · ${rule}</small>
            </span>`,
        },
        { title: 'Time', cell: ({ at }) => html`<${Moment} at=${at} />` },
        {
          title: 'Person',
          cell: ({ actorName, actorId }) =>
            actorName ?? (actorId === null ? '–' : `User ${actorId}`),
        },
        ...(account ? [] : [{ title: 'Account', cell: (row) => row.account }]),
        { title: 'State', cell: (row) => html`<${State} finding=${row} />` },
      ]}
    />
    ${
      chosen.length > 0 &&
      html`<${Acknowledge}
        findings=${findings.filter((row) => chosen.includes(nameOf(row)))}
        done=${() => {
          setChosen([]);
          again();
        }}
      />`
    }
  </section>`;
}
