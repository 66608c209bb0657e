/** Addresses within the page, so that each state can be shared. */

/** The address of a view; parameters that are empty are left out. */
export function hashOf(view, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#/${view}${text === '' ? '' : `?${text}`}`;
}
