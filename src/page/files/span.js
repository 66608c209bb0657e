/** The fields for a time range: in the reader's zone on the screen, in UTC in the address. */
import { html } from './vendor/preact.js';
import { readerZone } from './time.js';

/** Two fields named `from` and `to`. Without a start the view shows its usual days. */
export function SpanFields({ from, to, usual }) {
  return html`<label>
      From <small>(${readerZone}; empty: ${usual})</small>
      <input type="datetime-local" name="from" defaultValue=${writeField(from)} />
    </label>
    <label>
      Until <small>(empty: now)</small>
      <input type="datetime-local" name="to" defaultValue=${writeField(to)} />
    </label>`;
}

/** What the form of the fields says, as moments in UTC. */
export function readSpan(form) {
  const read = (name) => {
    const text = form.get(name) ?? '';
    return text === '' ? '' : new Date(text).toISOString();
  };
  return { from: read('from'), to: read('to') };
}

function writeField(text) {
  const moment = new Date(text ?? '');
  if (Number.isNaN(moment.getTime())) return '';
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
