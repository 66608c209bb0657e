/** A state in words with a sign before them, so that its colour says nothing alone. */
import { html } from './vendor/preact.js';

const signs = { good: '✓', plain: '○', warning: '▲', problem: '✕' };

/** @param level `good`, `plain`, `warning` or `problem` */
export function State({ level, words }) {
  return html`<span class=${`state ${level}`}
    ><span aria-hidden="true">${signs[level]}</span> ${words}</span
  >`;
}
