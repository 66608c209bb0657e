/** The last verifications and comparisons, for the view of the evidence. */
import { html } from '../vendor/preact.js';
import { State } from '../state.js';
import { Table, countOf, writeCount } from '../table.js';
import { Moment, writeDuration } from '../time.js';

const verificationStates = {
  clean: ['good', 'nothing found'],
  stopped: ['warning', 'stopped'],
  failed: ['problem', 'failed'],
};

function StateOfVerification({ row }) {
  if (row.outcome === null) return html`<${State} level="plain" words="running" />`;
  if (row.outcome === 'findings')
    return html`<${State} level="problem" words=${countOf(row.findings, 'finding')} />`;
  const [level, words] = verificationStates[row.outcome] ?? ['plain', row.outcome];
  return html`<${State} level=${level} words=${words} />`;
}

export function Verifications({ rows }) {
  return html`<${Table}
    caption="The last verifications"
    rows=${rows}
    keyOf=${(row) => row.id}
    empty="Not verified yet."
    columns=${[
      { title: 'Begun', cell: (row) => html`<${Moment} at=${row.startedAt} />` },
      {
        title: 'Depth',
        cell: (row) => (row.depth === 'deep' ? 'every row' : 'log, coverage and counts'),
        isHead: true,
      },
      { title: 'Result', cell: (row) => html`<${StateOfVerification} row=${row} />` },
      { title: 'Took', cell: (row) => took(row), isNumber: true },
      { title: 'Asked for by', cell: (row) => (row.isScheduled ? 'the schedule' : 'a person') },
      { title: 'First finding', cell: (row) => row.firstFinding ?? row.error ?? '' },
    ]}
  />`;
}

function took({ startedAt, endedAt }) {
  return endedAt === null ? '–' : writeDuration((new Date(endedAt) - new Date(startedAt)) / 1000);
}

const reconciliationStates = {
  equal: ['good', 'equal'],
  findings: ['problem', 'not equal'],
  incomplete: ['warning', 'not all could be read'],
  failed: ['problem', 'failed'],
  stopped: ['warning', 'stopped'],
};

export function Reconciliations({ rows }) {
  return html`<${Table}
    caption="The last comparisons with Zendesk"
    rows=${rows}
    keyOf=${(row) => row.id}
    empty="Not compared yet."
    columns=${[
      { title: 'Begun', cell: (row) => html`<${Moment} at=${row.startedAt} />` },
      { title: 'Log', cell: (row) => row.stream, isHead: true },
      {
        title: 'Result',
        cell: (row) => {
          const [level, words] = reconciliationStates[row.outcome] ?? ['plain', 'running'];
          return html`<${State} level=${level} words=${words} />`;
        },
      },
      {
        title: 'Parts',
        cell: (row) => (row.sample === null ? 'all' : `${row.sample} random hours`),
      },
      { title: 'Missing here', cell: (row) => writeCount(row.missingHere), isNumber: true },
      { title: 'Missing there', cell: (row) => writeCount(row.missingThere), isNumber: true },
      { title: 'Different', cell: (row) => writeCount(row.different), isNumber: true },
      { title: 'Took', cell: (row) => took(row), isNumber: true },
    ]}
  />`;
}
