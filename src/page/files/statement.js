/** What an answer rests on: the sentences of the reports. */
import { html } from './vendor/preact.js';

/** @param more further sentences about how complete and how certain the answer is */
export function Statement({ statement, more = [] }) {
  const { coverage, gaps, limits, notes = [] } = statement;
  return html`<section class="statement" aria-label="What this answer rests on">
    <h3>What this answer rests on</h3>
    <ul>
      ${[...coverage, ...more].map((each) => html`<li>${each}</li>`)}
      ${
        gaps.length === 0
          ? html`<li>No gaps.</li>`
          : gaps.map((each) => html`<li class="gap"><strong>Gap:</strong> ${each}</li>`)
      }
    </ul>
    <details>
      <summary>What Zendesk does not record, and what the words mean</summary>
      <ul>
        ${[...limits, ...notes].map((each) => html`<li>${each}</li>`)}
      </ul>
    </details>
  </section>`;
}

/** The one account that a view is about, or a sentence that asks for one. */
export function ChosenAccount({ account, accounts, children }) {
  const chosen = account === '' && accounts.length === 1 ? accounts[0] : account;
  if (chosen === '') return html`<p class="note">Choose an account at the top of the page.</p>`;
  return children(chosen);
}
