/** Collects the resources of one request. */
import type { AccessedResource } from './classification.ts';

/** No request is about more, whatever it claims. */
export const mostResources = 1000;

/** Adds a resource unless it is there already or the list is full. */
export function addResource(list: AccessedResource[], type: string, id: string | null): void {
  if (list.length >= mostResources) return;
  for (const known of list) if (known.id === id && known.type === type) return;
  list.push({ type, id });
}
