/** Checks the text of one setting alone, while somebody types it. */
import * as values from './values.ts';

const schemas = {
  ZENDESK_SUBDOMAIN: values.subdomain,
  ZENDESK_CLIENT_ID: values.clientId,
  ZENDESK_CLIENT_SECRET: values.secretText,
  DATABASE_URL: values.databaseUrl,
} as const;

/** A setting that is asked for. */
export type AskedSetting = keyof typeof schemas;

/** What is wrong with the text of a setting, without the text itself; undefined if it is valid. */
export function findSettingProblem(name: AskedSetting, text: string): string | undefined {
  const result = schemas[name].safeParse(text);
  return result.success ? undefined : result.error.issues[0]?.message;
}
