import { CUSTOMERS, type People, type Person } from './people.ts';
import { OPERATIONS, type GraphqlOperation, type RequestKind } from './access-log-vocabulary.ts';
import { hash, type RandomSequence } from './random.ts';

/** One request of a scene, before it gets its time and id. */
export interface SceneRequest {
  readonly kind: RequestKind | undefined;
  /** JSON-escaped: it goes into the text of the record as it is. */
  readonly url: string;
  readonly referer: string;
  /** The `graphql` object as JSON text; empty for other requests. */
  readonly graphql: string;
}

/** Where a scene writes its requests. */
export interface Stage {
  readonly random: RandomSequence;
  readonly people: People;
  /** Who acts. */
  person: Person;
  /** A program acts in the person's name, with basic credentials instead of a session. */
  byProgram: boolean;
  /** Whole minutes since 1970. */
  minute: number;
  requests: SceneRequest[];
}

const GRAPHQL_PREFIX = new Map<GraphqlOperation, string>(
  Object.values(OPERATIONS).map((operation) => [
    operation,
    `{"operation_name":${JSON.stringify(operation.name)},"operation_type":"${operation.type}",` +
      `"query":${JSON.stringify(operation.query)},"variables":"`,
  ]),
);

/** Writes a REST request. */
export function call(stage: Stage, kind: RequestKind, url: string, referer = ''): void {
  stage.requests.push({ kind, url, referer, graphql: '' });
}

/** Writes a GraphQL request. `variables` is JSON inside a JSON string: the quotes must come escaped. */
export function ask(stage: Stage, operation: GraphqlOperation, variables: string): void {
  const graphql = `${GRAPHQL_PREFIX.get(operation) ?? ''}${variables}"}`;
  stage.requests.push({ kind: undefined, url: '/graphql', referer: '', graphql });
}

/** Ticket numbers grow with time, recent tickets are looked at most, and a few small old ones keep coming back. */
export function chooseTicket(stage: Stage): number {
  const { random } = stage;
  if (random.chance(0.01)) return 1 + random.below(9);
  const age = random.fraction();
  return newestTicket(stage.minute) - Math.floor(age * age * age * 40_000);
}

/** The number of the last ticket that there is at that minute; another one comes in every forty minutes. */
export function newestTicket(minute: number): number {
  return Math.floor(minute / 40) - 650_000;
}

/** The minute in which the ticket of that number came in. */
export function creationMinuteOf(ticket: number): number {
  return (ticket + 650_000) * 40;
}

/** The id of a customer; some are looked at much more often than others. */
export function chooseCustomer(stage: Stage): number {
  const luck = stage.random.fraction();
  return stage.people.customer(Math.floor(luck * luck * CUSTOMERS)).id;
}

/** The id of the customer who asked for that ticket. */
export function requesterOf({ people }: Pick<Stage, 'people'>, ticket: number): number {
  return people.customer(hash(ticket, 3) % CUSTOMERS).id;
}
