import { newestTicket } from '../../account/tickets.ts';
import { CUSTOMERS, type People, type SimulatedPerson } from '../../account/people.ts';
import type { RandomSequence } from '../../random.ts';
import { OPERATIONS, type GraphqlOperation, type RequestKind } from './vocabulary.ts';

/** One request of a scene, before it gets its time and id. */
export type SceneRequest = {
  /** Undefined: a GraphQL request. */
  readonly kind: RequestKind | undefined;
  /** JSON-escaped: it becomes part of the record's text unchanged. */
  readonly url: string;
  readonly referer: string;
  /** The `graphql` object as JSON text; empty for other requests. */
  readonly graphql: string;
  /** A program acts in the person's name, with basic credentials instead of a session. */
  readonly byProgram: boolean;
};

/** Where a scene writes its requests. */
export type AccessStage = {
  readonly random: RandomSequence;
  readonly people: People;
  /** Who acts. */
  readonly person: SimulatedPerson;
  /** Whole minutes since 1970. */
  readonly minute: number;
  readonly requests: SceneRequest[];
};

const GRAPHQL_PREFIX = new Map<GraphqlOperation, string>(
  Object.values(OPERATIONS).map((operation) => [
    operation,
    `{"operation_name":${JSON.stringify(operation.name)},"operation_type":"${operation.type}",` +
      `"query":${JSON.stringify(operation.query)},"variables":"`,
  ]),
);

/** Makes the person on stage, or a program in their name, send REST requests from a screen, which is their referer. */
export function callFrom(
  { requests }: AccessStage,
  referer: string,
  byProgram = false,
): (kind: RequestKind, url: string) => void {
  return (kind, url) => void requests.push({ kind, url, referer, graphql: '', byProgram });
}

/** Writes a GraphQL request. `variables` is JSON inside a JSON string, so its quotes must be escaped. */
export function ask(
  { requests }: AccessStage,
  operation: GraphqlOperation,
  variables: string,
): void {
  const graphql = `${GRAPHQL_PREFIX.get(operation) ?? ''}${variables}"}`;
  requests.push({ kind: undefined, url: '/graphql', referer: '', graphql, byProgram: false });
}

/** Ticket numbers grow with time; recent tickets are opened most, and a few old ones with small numbers again and again. */
export function chooseTicket({ random, minute }: AccessStage): number {
  if (random.chance(0.01)) return 1 + random.below(9);
  const age = random.fraction();
  return newestTicket(minute) - Math.floor(age * age * age * 40_000);
}

/** The id of a customer; some are opened much more often than others. */
export function chooseCustomer({ random, people }: AccessStage): number {
  const luck = random.fraction();
  return people.customer(Math.floor(luck * luck * CUSTOMERS)).id;
}
