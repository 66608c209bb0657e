/** The parameters that a list silently ignores, by the kind of fault: it answers as if they had not been sent. */
export const QUERY_FAULTS = {
  'ignored-role': /^(?:role(?:\[\])?|permission_set)$/,
  'ignored-filter': /^filter\[(?!after|before)/,
  'ignored-sort': /^sort(?:_by|_order)?$/,
} as const;

/** The query without the parameters that the fault makes the list ignore. */
export function ignoreParameters(
  query: URLSearchParams,
  kind: keyof typeof QUERY_FAULTS,
): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => !QUERY_FAULTS[kind].test(name)));
}
