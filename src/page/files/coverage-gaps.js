/** Gaps of a log: why each is there, what closing it costs, and closing it now. */
import { html, useEffect, useState } from './vendor/preact.js';
import { Asked, useAnswer } from './asked.js';
import { act, ask } from './ask.js';
import { Table, countOf } from './table.js';
import { Moment, writeDuration } from './time.js';

/** All gaps of a log. */
export function Gaps({ account, query: { stream }, navigate, role }) {
  const asked = useAnswer('coverage/gaps', { account, stream });
  return html`<div>
    <div class="buttons">
      <button type="button" class="quiet" onClick=${() => navigate('coverage', { account })}>
        Back to the calendar
      </button>
    </div>
    <${Asked} asked=${asked}>
      ${(answer) =>
        html`<h2>Gaps of the ${answer.title} of ${account}</h2>
          <${GapTable}
            of=${answer}
            gaps=${answer.gaps}
            left=${answer.left}
            role=${role}
            again=${asked.again}
          />`}
    <//>
  </div>`;
}

/** @param of the account and the stream of the gaps */
export function GapTable({ of, gaps, left, role, again }) {
  const [chosen, setChosen] = useState();
  return html`<div>
    <${Table}
      caption="Gaps"
      rows=${gaps}
      empty="No gap."
      columns=${[
        { title: 'From', cell: ({ from }) => html`<${Moment} at=${from} seconds />`, isHead: true },
        { title: 'Until', cell: ({ until }) => html`<${Moment} at=${until} seconds />` },
        {
          title: 'Length',
          cell: ({ from, until }) =>
            from === null || until === null
              ? '–'
              : writeDuration((Date.parse(until) - Date.parse(from)) / 1000),
        },
        { title: 'Why', cell: ({ sentence }) => sentence },
        {
          title: 'What follows',
          cell: (gap) =>
            !gap.canClose
              ? 'It cannot be read again.'
              : gap.from === null || gap.until === null
                ? 'The next run reads it.'
                : html`<button
                    type="button"
                    class="quiet"
                    aria-label=${`Read now: from ${gap.from} until ${gap.until}`}
                    onClick=${() => setChosen(gap)}
                  >
                    Read now …
                  </button>`,
        },
      ]}
    />
    ${left > 0 && html`<p class="muted">${countOf(left, 'more gap')}.</p>`}
    ${
      chosen &&
      html`<${ReadNow}
        key=${`${chosen.from} ${chosen.until}`}
        of=${of}
        gap=${chosen}
        role=${role}
        close=${(isDone) => {
          setChosen(undefined);
          if (isDone) again();
        }}
      />`
    }
  </div>`;
}

/** What reading a gap now costs, and doing so. */
function ReadNow({ of: { account, stream, title }, gap: { from, until }, role, close }) {
  const [preview, setPreview] = useState();
  const [problem, setProblem] = useState();
  const [done, setDone] = useState();
  useEffect(() => {
    ask('coverage/cost', { account, stream, from, until }).then(setPreview, (error) =>
      setProblem(error.message),
    );
  }, []);
  const read = () =>
    act('actions/read', { account, stream, from, until }).then(
      (answer) => setDone(answer.done),
      (error) => setProblem(error.message),
    );
  return html`<section class="note" aria-label="Read now">
    <p>
      The ${title} of ${account} from <${Moment} at=${from} seconds /> until ${' '}<${Moment}
        at=${until}
        seconds
      />.
    </p>
    <div role="status">
      ${problem && html`<p class="problem">${problem}</p>`} ${done && html`<p>${done}</p>`}
      ${!problem && !done && html`<p>${preview ? describeCost(preview.cost) : 'Counting …'}</p>`}
    </div>
    <div class="buttons">
      ${
        !done &&
        html`<button
          type="button"
          disabled=${!preview?.cost || role !== 'investigator' || problem !== undefined}
          onClick=${read}
        >
          Read it now
        </button>`
      }
      <button type="button" class="quiet" onClick=${() => close(done !== undefined)}>
        ${done ? 'Close' : 'Not now'}
      </button>
    </div>
    ${role !== 'investigator' && html`<p class="muted">Reading now needs the role investigator.</p>`}
  </section>`;
}

function describeCost(cost) {
  if (cost === null) return 'There is nothing left to read.';
  const { requests, minutes, rows, isMeasured, requestsPerMinute } = cost;
  const about = isMeasured ? `, for about ${countOf(rows, 'row')}` : '; how many rows is not known';
  return `It takes ${isMeasured ? 'about' : 'at least'} ${countOf(requests, 'request')} and ${countOf(minutes, 'minute')} at ${requestsPerMinute} requests a minute${about}.`;
}
