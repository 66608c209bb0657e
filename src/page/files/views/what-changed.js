/** What changed: the audit log to browse, and the history of a setting or a role. */
import { html } from '../vendor/preact.js';
import { addressOf } from '../ask.js';
import { Asked, useAnswer } from '../asked.js';
import { hashOf } from '../link.js';
import { readSpan, SpanFields } from '../span.js';
import { ChosenAccount, Statement } from '../statement.js';
import { Table } from '../table.js';
import { Moment, readerZone } from '../time.js';
import { History } from './history.js';

const view = 'what-changed';

export default function WhatChanged({ account, accounts, query, navigate, role }) {
  return html`<${ChosenAccount} account=${account} accounts=${accounts}
    >${(chosen) =>
      query.of === undefined
        ? html`<${Changes} account=${chosen} ...${{ query, navigate, role }} />`
        : html`<${History} account=${chosen} query=${query} />`}<//
  >`;
}

const filters = [
  { name: 'type', title: 'Type', list: 'types' },
  { name: 'action', title: 'Action', list: 'actions' },
  { name: 'actor', title: 'Actor (id, name, e-mail)' },
  { name: 'address', title: 'Address or network' },
  { name: 'text', title: 'Text' },
];

function Changes({ account, query, navigate, role }) {
  const { from, to, thing } = query;
  const asked = useAnswer(view, { ...query, account, zone: readerZone });
  const vocabulary = useAnswer(`${view}/vocabulary`, { account });
  const show = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const given = filters.map(({ name }) => [name, form.get(name).trim()]);
    navigate(view, { account, ...Object.fromEntries(given), ...readSpan(form) });
  };
  return html`<div>
    <form key=${JSON.stringify(query)} onSubmit=${show} role="search">
      ${filters.map(
        ({ name, title, list }) =>
          html`<label key=${name}>
            ${title}
            <input
              name=${name}
              defaultValue=${query[name] ?? ''}
              maxlength="300"
              list=${list && `known-${list}`}
              autocomplete="off"
            />
          </label>`,
      )}
      ${['types', 'actions'].map(
        (list) =>
          html`<datalist id=${`known-${list}`}>
            ${(vocabulary.answer?.[list] ?? []).map((word) => html`<option value=${word} />`)}
          </datalist>`,
      )}
      <${SpanFields} from=${from} to=${to} usual="30 days" />
      <button type="submit">Show</button>
      <a class="button quiet" href=${hashOf(view, { account })}>Clear</a>
    </form>
    ${thing && html`<p>Only changes of the ${query.type ?? 'thing'} with the id ${thing}.</p>`}
    ${role === 'reader' && html`<p class="muted">What people typed into tickets is not shown to the role reader.</p>`}
    <${Asked} asked=${asked}>${(found) => html`<${Found} ...${{ account, query, found }} />`}<//>
  </div>`;
}

function Found({ account, query, found }) {
  const { changes, next, from, to, statement } = found;
  const { after, ...filter } = { ...query, account, from, to };
  const file = (form) => addressOf(`${view}/file`, { ...filter, zone: readerZone, form });
  return html`<div>
    <h2>Changes</h2>
    <p>From <${Moment} at=${from} seconds /> until <${Moment} at=${to} seconds />, newest first.</p>
    <${Table}
      caption="Changes, newest first"
      columns=${listColumns(account)}
      rows=${changes}
      keyOf=${({ id }) => id}
      empty="No stored change of this time passes the filters."
    />
    <div class="buttons">
      ${after && html`<a class="button quiet" href=${hashOf(view, filter)}>Newest</a>`}
      ${next && html`<a class="button quiet" href=${hashOf(view, { ...filter, after: next })}>Older</a>`}
      ${
        changes.length > 0 &&
        html`<a class="button quiet" href=${file('csv')} download>All as CSV</a>
          <a class="button quiet" href=${file('xlsx')} download>All as XLSX</a>`
      }
    </div>
    <${Statement} statement=${statement} />
  </div>`;
}

function listColumns(account) {
  const only = (query, text) => html`<a href=${hashOf(view, { account, ...query })}>${text}</a>`;
  return [
    { title: 'When', cell: ({ time }) => html`<${Moment} at=${time} seconds />` },
    {
      title: 'Who',
      cell: ({ actor_id: id, actor_name: name }) =>
        id === null
          ? html`<span class="none">nobody is named</span>`
          : html`${only({ actor: id }, name ?? `user ${id}`)}${' '}<small>${id}</small>`,
    },
    { title: 'Action', cell: ({ action }) => action },
    {
      title: 'Of what',
      cell: ({ label, source_type: type, source_id: id }) =>
        html`${label ?? html`<span class="none">${type} ${id}</span>`}${' '}<small
            >${id === null ? type : only({ type, thing: id }, `${type} ${id}`)}</small
          >`,
    },
    {
      title: 'Change',
      cell: ({ property, description, old_value: before, new_value: now }) =>
        html`<span class="text whole"
          >${before === null && now === null ? description : property}</span
        >`,
    },
    {
      title: 'Before',
      cell: ({ old_value: value }) => html`<span class="text before">${value}</span>`,
    },
    {
      title: 'After',
      cell: ({ new_value: value }) => html`<span class="text after">${value}</span>`,
    },
    {
      title: 'Address',
      cell: ({ ip_address: address }) => address !== null && only({ address }, address),
    },
    {
      title: 'History',
      cell: (change) => html`<${HistoryLink} account=${account} change=${change} />`,
    },
  ];
}

function HistoryLink({ account, change }) {
  const { history: of, source_type: type, source_id: thing, source_label: label } = change;
  if (of === null) return null;
  const query = of === 'role' ? { of, thing } : { of, type, thing, label };
  const name = of === 'role' ? 'Roles over time' : 'Setting over time';
  return html`<a href=${hashOf(view, { account, ...query })}>${name}</a>`;
}
