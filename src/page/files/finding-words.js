/** Severity and state of a finding, in words and signs: never by colour alone. */
import { html } from './vendor/preact.js';
import { Moment } from './time.js';

const signs = {
  high: ['▲', 'problem'],
  medium: ['◆', 'warning'],
  low: ['▽', ''],
  info: ['○', ''],
};

/** A severity with its sign. */
export function Severity({ of }) {
  const [sign, look] = signs[of] ?? ['', ''];
  return html`<span class=${`state ${look}`}><span aria-hidden="true">${sign}</span> ${of}</span>`;
}

/** Open, or who acknowledged it when and why, or why it no longer holds. */
export function State({ finding }) {
  const { state, acknowledgedBy, acknowledgedAt, acknowledgedNote, withdrawnAt, withdrawnBecause } =
    finding;
  const said =
    acknowledgedAt !== null &&
    html`<span class="said">
      acknowledged by ${acknowledgedBy}, ${' '}<${Moment}
        at=${acknowledgedAt}
      />${': '}${acknowledgedNote}
    </span>`;
  if (state === 'withdrawn')
    return html`no longer holds since <${Moment} at=${withdrawnAt} />:
      ${' '}${withdrawnBecause === 'rule' ? 'the rule has changed' : 'the rows or lists have changed'}.
      ${' '}${said}`;
  return said || 'open';
}
