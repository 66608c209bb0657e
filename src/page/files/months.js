/** Days as the rows of a grid: a row a month, the newest first. */

const dayMs = 86_400_000;

export const dayForm = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

export const dayHeads = Array.from({ length: 31 }, (_, place) => ({
  text: String(place + 1),
  isShown: place === 0 || (place + 1) % 5 === 0,
}));

/** @param cells one for each day from `since` on; `describe` gives the text and the class of one */
export function makeMonths(since, cells, describe) {
  const firstMs = Date.parse(since);
  const rows = new Map();
  for (const [place, cell] of cells.entries()) {
    const date = new Date(firstMs + place * dayMs);
    const day = date.toISOString().slice(0, 10);
    const month = day.slice(0, 7);
    if (!rows.has(month))
      rows.set(month, { key: month, head: month, cells: Array.from({ length: 31 }, () => null) });
    rows.get(month).cells[date.getUTCDate() - 1] = { key: day, ...describe(cell, date) };
  }
  return [...rows.values()].toReversed();
}
