/** The columns of visits: those of the report, put together so that they fit and lead further. */
import { html } from '../vendor/preact.js';
import { hashOf } from '../link.js';
import { writeCount } from '../table.js';
import { Moment } from '../time.js';

/** Shown within other columns. */
const within = new Set(['agent_id', 'agent_role', 'by_program']);

/** The columns of an answer; `state` is the address that links keep the time range of. */
export function listVisitColumns({ columns, names, from, to }, { account }) {
  const look = (kind, id, text) =>
    html`<a href=${hashOf('who-looked', { account, kind, id, text: id, from, to })}>${text}</a>`;
  const hasResources = columns.some(({ key }) => key === 'resource_id');
  const cells = {
    time: ({ time }) => html`<${Moment} at=${time} seconds />`,
    until: ({ until }) => html`<${Moment} at=${until} seconds />`,
    agent_name: (row) => html`<${Agent} row=${row} look=${look} />`,
    resource_id: (row) => html`<${Resource} row=${row} names=${names} look=${look} />`,
    ip_address: ({ ip_address: all }) =>
      (all ?? '').split(', ').map((each) => each !== '' && html`${look('address', each, each)} `),
    requests: ({ requests }) => writeCount(requests),
    outcome: ({ outcome }) =>
      html`<span class=${`state ${outcome === 'ok' ? '' : 'warning'}`}>${outcome}</span>`,
  };
  return columns
    .filter(({ key }) => !within.has(key) && !(hasResources && key === 'resource_type'))
    .map(({ key, title, align }) => ({
      title: key === 'resource_id' ? 'Of what' : title,
      isNumber: align === 'right',
      cell: cells[key] ?? ((row) => row[key]),
    }));
}

function Agent({ row, look }) {
  const { agent_id: id, agent_name: name, agent_role: role, by_program: isProgram } = row;
  if (id === null) return html`<span class="none">nobody is named</span>`;
  const words = [id === name ? undefined : id, role, isProgram === true ? 'program' : undefined];
  return html`${look('agent', id, name ?? `user ${id}`)}${' '}<small
      >${words.filter(Boolean).join(', ')}</small
    >`;
}

function Resource({ row, names, look }) {
  const { resource_type: type, resource_id: id } = row;
  if (type === null && id === null) return html`<span class="none">–</span>`;
  const words = `${(type ?? '').replaceAll('_', ' ')} ${id ?? ''}`.trim();
  const kind = type === 'ticket' ? 'ticket' : type === 'user' ? 'person' : undefined;
  if (kind === undefined || !/^[1-9]\d*$/.test(id ?? '')) return words;
  return html`${look(kind, id, words)}${kind === 'person' && names[id] !== undefined && html`${' '}<small>${names[id]}</small>`}`;
}
