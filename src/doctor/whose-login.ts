/** Asks Zendesk whose login is used. */
import { hasCode, isFrom } from '../errors.ts';
import { users } from '../streams/users.ts';
import type { Zendesk } from '../zendesk/client.ts';
import { isObject } from '../zendesk/paging.ts';
import { priority } from './log-samples.ts';

/** Who has logged in. Both are safe to show. */
export type LoginUser = { readonly name: string; readonly role: string };

/** Undefined if not known: without credentials Zendesk answers with an anonymous user (contract 0.5). */
export async function askUser(
  zendesk: Pick<Zendesk, 'readObject'>,
  signal: AbortSignal,
): Promise<LoginUser | undefined> {
  const { budget: group, needs } = users;
  const request = { group, priority, path: '/api/v2/users/me', parameters: [], needs };
  try {
    return readUser(await zendesk.readObject(request, signal));
  } catch (error) {
    if (isFrom(error, 'zendesk') || hasCode(error, 'budget_used_up')) return undefined;
    throw error;
  }
}

function readUser(answer: unknown): LoginUser | undefined {
  const user = isObject(answer) ? answer['user'] : undefined;
  if (!isObject(user)) return undefined;
  const { id, name, role } = user;
  if (typeof id !== 'number' || typeof name !== 'string' || typeof role !== 'string')
    return undefined;
  return { name: clean(name), role: clean(role) };
}

function clean(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ').slice(0, 80);
}
