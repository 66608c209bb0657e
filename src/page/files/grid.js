/** A grid of small cells that is gone through with the keyboard: one text a cell, one stop for the Tab key. */
import { html, useMemo, useRef, useState } from './vendor/preact.js';

const steps = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  PageUp: [-12, 0],
  PageDown: [12, 0],
};

/**
 * @param label what the grid shows; its name for who cannot see it
 * @param heads texts of the columns; those that are not `isShown` are for who cannot see the grid
 * @param rows `{ key, head, cells }`; a cell is `{ key, text, className }`, or null where there is none
 * @param open called with the key of a cell that is chosen
 * @param isWide whether the cells keep their width and the grid scrolls
 */
export function Grid({ label, heads, rows, open, hint, isWide = false }) {
  const [told, setTold] = useState('');
  const table = useRef();
  const last = rows.findLast(({ cells }) => cells.some(Boolean))?.cells.findLast(Boolean)?.key;
  const body = useMemo(
    () =>
      rows.map(
        ({ key, head, cells }) =>
          html`<tr key=${key} role="row">
            <th role="rowheader" scope="row">${head}</th>
            ${cells.map((cell, place) =>
              cell === null
                ? html`<td key=${place} role="gridcell" class="absent"></td>`
                : html`<td
                    key=${cell.key}
                    role="gridcell"
                    class=${cell.className}
                    aria-label=${cell.text}
                    data-key=${cell.key}
                    tabindex=${cell.key === last ? '0' : '-1'}
                  ></td>`,
            )}
          </tr>`,
      ),
    [rows],
  );
  const show = (event) => setTold(cellOf(event)?.getAttribute('aria-label') ?? '');
  return html`<div class=${isWide ? 'grid wide' : 'grid'}>
    <table
      role="grid"
      aria-label=${label}
      aria-readonly="true"
      ref=${table}
      onClick=${(event) => {
        const cell = cellOf(event);
        if (cell) open(cell.dataset.key);
      }}
      onKeyDown=${(event) => press(event, table.current, open)}
      onFocusIn=${show}
      onMouseOver=${show}
      onMouseLeave=${() => setTold('')}
    >
      <thead>
        <tr role="row">
          <td role="columnheader" class="corner"><span class="hidden">${hint}</span></td>
          ${heads.map(
            ({ text, isShown }) =>
              html`<th role="columnheader" scope="col">
                ${isShown ? html`<span>${text}</span>` : html`<span class="hidden">${text}</span>`}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
    <p class="told" aria-hidden="true">${told || hint}</p>
  </div>`;
}

function cellOf(event) {
  return event.target.closest?.('[data-key]');
}

function press(event, table, open) {
  const cell = event.target.closest('[data-key]');
  if (cell === null || event.altKey || event.metaKey) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    open(cell.dataset.key);
    return;
  }
  const next = findNext(event, cell, [...table.tBodies[0].rows]);
  if (next === undefined) return;
  event.preventDefault();
  for (const each of table.querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

/** Left and right go on in the row before and after; up and down stay in the column where there is a cell. */
function findNext({ key, ctrlKey }, cell, rows) {
  const all = rows.flatMap((row) => cellsOf(row));
  if (key === 'Home') return ctrlKey ? all[0] : cellsOf(cell.parentNode)[0];
  if (key === 'End') return ctrlKey ? all.at(-1) : cellsOf(cell.parentNode).at(-1);
  const step = steps[key];
  if (step === undefined) return undefined;
  const [down, right] = step;
  if (right !== 0) return all[all.indexOf(cell) + right];
  const at = rows.indexOf(cell.parentNode);
  const row = rows[Math.min(Math.max(at + down, 0), rows.length - 1)];
  const cells = cellsOf(row);
  const before = cells.filter((each) => each.cellIndex <= cell.cellIndex).at(-1);
  return before ?? cells[0];
}

function cellsOf(row) {
  return [...row.cells].filter((each) => each.dataset.key !== undefined);
}
