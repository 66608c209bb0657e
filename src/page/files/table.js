/** A table that scrolls in its own box. */
import { html } from './vendor/preact.js';

/**
 * @param caption what the table shows; its name for who cannot see it
 * @param columns `{ title, cell(row), isNumber?, isHead?, about? }`
 * @param empty what to say when there are no rows
 */
export function Table({ caption, columns, rows, empty = 'Nothing.', keyOf }) {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0">
    <table>
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            ({ title, isNumber, about }) =>
              html`<th scope="col" class=${isNumber ? 'number' : ''} title=${about}>${title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, place) =>
            html`<tr key=${keyOf?.(row) ?? place}>
              ${columns.map(({ cell, isNumber, isHead }) =>
                isHead
                  ? html`<th scope="row">${cell(row)}</th>`
                  : html`<td class=${isNumber ? 'number' : ''}>${cell(row)}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const counts = new Intl.NumberFormat('en-GB');

/** A count with separators: `12,345`. */
export function writeCount(count) {
  return counts.format(count);
}

/** A count with its noun: `1 row`, `2 rows`. */
export function countOf(count, noun) {
  return `${writeCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
