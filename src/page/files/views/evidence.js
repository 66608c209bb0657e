/** Evidence: the sealed logs, the places outside, verifications and comparisons, and proofs to take along. */
import { html, useEffect, useState } from '../vendor/preact.js';
import { act } from '../ask.js';
import { Asked, useAnswer } from '../asked.js';
import { Reconciliations, Verifications } from './checks-made.js';
import { Proofs } from './proofs.js';
import { State } from '../state.js';
import { Table, countOf, writeCount } from '../table.js';
import { Moment, writeDuration } from '../time.js';

const isRunning = ({ outcome }) => outcome === null;

export default function Evidence({ account, role }) {
  const asked = useAnswer('evidence', { account });
  const { answer } = asked;
  const isBusy =
    answer !== undefined && [...answer.verifications, ...answer.reconciliations].some(isRunning);
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setTimeout(() => asked.again(), 2000);
    return () => clearTimeout(timer);
  }, [answer]);
  return html`<${Asked} asked=${asked}>
    ${({ logs, ...rest }) =>
      logs.length === 0
        ? html`<p class="empty">
            Nothing is sealed yet. The log begins with the first page that is stored.
          </p>`
        : logs.map(
            (log) =>
              html`<${SealedLog}
                key=${log.account}
                log=${log}
                rest=${rest}
                role=${role}
                again=${asked.again}
              />`,
          )}
  <//>`;
}

function SealedLog({ log, rest, role, again }) {
  const own = (rows) => rows.filter(({ account }) => account === log.account);
  return html`<section aria-labelledby=${`log-${log.account}`}>
    <h2 id=${`log-${log.account}`} class="first">${log.account}</h2>
    <${Head} log=${log} />
    <${Buttons} account=${log.account} role=${role} again=${again} />
    <h3>Places outside</h3>
    <${Anchors} anchors=${own(rest.anchors)} size=${log.size} />
    <h3>Verifications</h3>
    <${Verifications} rows=${own(rest.verifications)} />
    <h3>Comparisons with Zendesk</h3>
    <${Reconciliations} rows=${own(rest.reconciliations)} />
    <h3>Take a proof along</h3>
    <${Proofs} account=${log.account} role=${role} />
    <h3>Asked for in this page</h3>
    <${Actions} rows=${own(rest.actions)} />
  </section>`;
}

function Head({ log }) {
  return html`<dl class="head">
    <dt>Name</dt>
    <dd><code>${log.origin}</code></dd>
    <dt>Entries</dt>
    <dd>
      ${`${writeCount(log.size)}, the newest `}<${Moment} at=${log.sealedAt} />${
        log.waiting > 0 ? `; ${writeCount(log.waiting)} not sealed yet` : ''
      }
    </dd>
    <dt>Root</dt>
    <dd><code class="hash">${log.root ?? 'no checkpoint yet'}</code></dd>
    <dt>Key</dt>
    <dd><code class="hash">${log.key}</code></dd>
    <dt>Begun</dt>
    <dd><${Moment} at=${log.begunAt} /></dd>
  </dl>`;
}

function Buttons({ account, role, again }) {
  const [told, setTold] = useState({});
  const isAllowed = role === 'investigator';
  const press = (kind, fields) => () => {
    setTold({});
    act(`actions/${kind}`, { account, ...fields }).then(
      ({ done }) => {
        setTold({ level: 'good', words: done });
        again();
      },
      (error) => setTold({ level: 'problem', words: error.message }),
    );
  };
  const buttons = [
    ['Verify now', press('verify', { depth: 'quick' })],
    ['Verify every row', press('verify', { depth: 'deep' })],
    ['Compare the audit log', press('reconcile', { stream: 'audit_logs' })],
    ['Compare the access log', press('reconcile', { stream: 'access_logs' })],
  ];
  return html`<div class="buttons">
      ${buttons.map(
        ([title, begin], place) =>
          html`<button
            key=${title}
            type="button"
            class=${place === 0 ? '' : 'quiet'}
            disabled=${!isAllowed}
            onClick=${begin}
          >
            ${title}
          </button>`,
      )}
    </div>
    <p role="status">
      ${
        isAllowed
          ? told.words && html`<${State} level=${told.level} words=${told.words} />`
          : html`<small>Only investigators may begin these.</small>`
      }
    </p>`;
}

function Anchors({ anchors, size }) {
  return html`<${Table}
    caption="Places outside of the database that have checkpoints"
    rows=${anchors}
    keyOf=${(row) => row.name}
    empty="No place outside has a checkpoint yet."
    columns=${[
      { title: 'Place', cell: (row) => row.name, isHead: true },
      {
        title: 'State',
        cell: (row) =>
          row.failures > 0
            ? html`<${State}
                level=${row.isStale ? 'problem' : 'warning'}
                words=${`failed ${countOf(row.failures, 'time')}`}
              />`
            : html`<${State} level="good" words="has the newest it was given" />`,
      },
      { title: 'Last success', cell: (row) => html`<${Moment} at=${row.lastSuccess} />` },
      { title: 'Age', cell: (row) => writeDuration(row.ageSeconds), isNumber: true },
      {
        title: 'Entries then',
        cell: (row) => (row.size === null ? '–' : `${writeCount(row.size)} of ${writeCount(size)}`),
        isNumber: true,
      },
      { title: 'Why it fails', cell: (row) => row.error ?? '' },
    ]}
  />`;
}

const actionWords = {
  read: 'read a gap',
  verify: 'verify',
  reconcile: 'compare with Zendesk',
  acknowledge: 'acknowledge findings',
};

function Actions({ rows }) {
  return html`<${Table}
    caption="What people asked for in this page"
    rows=${rows}
    keyOf=${(row) => row.id}
    empty="Nothing yet."
    columns=${[
      { title: 'When', cell: (row) => html`<${Moment} at=${row.at} />` },
      { title: 'Who', cell: (row) => row.by, isHead: true },
      { title: 'What', cell: (row) => actionWords[row.action] ?? row.action },
      { title: 'Of what', cell: (row) => describeParameters(row.parameters) },
    ]}
  />`;
}

function describeParameters(parameters) {
  const texts = Object.entries(parameters).map(([name, value]) =>
    typeof value === 'object' ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`,
  );
  return html`<span class="long">${texts.join(', ')}</span>`;
}
