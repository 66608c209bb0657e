/** Reads the text of a GraphQL query, which is cut off with `...` and may begin with a stray quote (contract 4.2). */

/** Whether the text begins as a mutation does. */
export function isMutation(query: string): boolean {
  return /^[\s"\\]*mutation\b/.test(query);
}

/** The first field that a query asks for, such as `ticket`; undefined when the text ends before it. */
export function readFirstField(query: string): string | undefined {
  let brace = query.indexOf('{');
  const parenthesis = query.indexOf('(');
  if (parenthesis !== -1 && parenthesis < brace) {
    const close = query.indexOf(')', parenthesis);
    brace = close === -1 ? -1 : query.indexOf('{', close);
  }
  if (brace === -1) return undefined;
  firstField.lastIndex = brace;
  const [, alias, field, mark] = firstField.exec(query) ?? [];
  // A word that the cut may have shortened is none; one before a colon is an alias.
  return mark === undefined || mark === '.' ? undefined : (field ?? alias);
}

const firstField = /\{(?:\s|\\n)*(\w+)\s*(?::\s*(\w+)\s*)?([^\s\w:])/y;
