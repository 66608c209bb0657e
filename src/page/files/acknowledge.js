/** Noting who has looked at findings, and why they need nothing more. */
import { html, useState } from './vendor/preact.js';
import { act } from './ask.js';
import { countOf } from './table.js';

/** @param done called when it is noted */
export function Acknowledge({ findings, done }) {
  const [problem, setProblem] = useState();
  const [isSending, setSending] = useState(false);
  const send = async (event) => {
    event.preventDefault();
    const note = new FormData(event.target).get('note').trim();
    setSending(true);
    setProblem(undefined);
    try {
      for (const [account, own] of Map.groupBy(findings, (each) => each.account))
        await act('actions/acknowledge', {
          account,
          findings: own.map(({ finding }) => finding),
          note,
        });
      done();
    } catch (error) {
      setProblem(error.message);
    }
    setSending(false);
  };
  return html`<form class="note" aria-label="Acknowledge" onSubmit=${send}>
    <label class="wide">
      Why ${findings.length === 1 ? 'it needs' : `these ${findings.length} need`} nothing more
      <input name="note" required maxlength="2000" autocomplete="off" />
    </label>
    <button type="submit" disabled=${isSending}>
      Acknowledge ${countOf(findings.length, 'finding')}
    </button>
    <p class="muted">
      Your name, the time and the note are kept, and become part of the sealed log.
    </p>
    <div role="alert">${problem && html`<p class="problem">${problem}</p>`}</div>
  </form>`;
}
