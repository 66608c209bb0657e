/** The SQLSTATEs that this program acts on, by their names in appendix A of the Postgres manual. */
export const sqlstates = {
  uniqueViolation: '23505',
  idleInTransactionSessionTimeout: '25P03',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  invalidCatalogName: '3D000',
  invalidSchemaName: '3F000',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  undefinedColumn: '42703',
  undefinedFunction: '42883',
  duplicateDatabase: '42P04',
  undefinedTable: '42P01',
  invalidFunctionDefinition: '42P13',
  invalidTableDefinition: '42P16',
  tooManyConnections: '53300',
  lockNotAvailable: '55P03',
} as const;
