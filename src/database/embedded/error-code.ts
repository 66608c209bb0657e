/** The `code` of an error of Node or `pg`: `EACCES`, `28P01`. Undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
