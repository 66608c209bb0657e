/** Files that prove something without this database. */
import { html, useState } from '../vendor/preact.js';
import { addressOf } from '../ask.js';

export function Proofs({ account, role }) {
  const [span, setSpan] = useState({ stream: '', from: '', until: '' });
  const change = (name) => (event) => setSpan({ ...span, [name]: event.target.value });
  const isComplete = span.from !== '' && span.until !== '' && span.from < span.until;
  const address = addressOf('evidence/package', {
    account,
    stream: span.stream,
    from: `${span.from}T00:00:00Z`,
    until: `${span.until}T00:00:00Z`,
  });
  return html`<div class="buttons">
      <a class="button quiet" href=${addressOf('evidence/checkpoint', { account })} download
        >Checkpoint</a
      >
      <a class="button quiet" href=${addressOf('evidence/key', { account })} download>Public key</a>
    </div>
    ${
      role === 'investigator' &&
      html`<form class="proofs" onSubmit=${(event) => event.preventDefault()}>
        <label>
          Log
          <select value=${span.stream} onChange=${change('stream')}>
            <option value="">both</option>
            <option value="audit_logs">audit log</option>
            <option value="access_logs">access log</option>
          </select>
        </label>
        <label>From (UTC) <input type="date" value=${span.from} onInput=${change('from')} /></label>
        <label
          >Until, not included (UTC)
          <input type="date" value=${span.until} onInput=${change('until')}
        /></label>
        ${
          isComplete
            ? html`<a class="button" href=${address} download>Evidence package</a>`
            : html`<button type="button" disabled>Evidence package</button>`
        }
      </form>`
    }
    <p>
      <small>
        A package has rows with a proof each, the sealed log and a verifier; whoever receives it
        checks it without this database.
      </small>
    </p>`;
}
