import { activityIn, hourOfWeek } from './calendar.ts';
import type { People, Person } from './people.ts';
import type { RandomSequence } from './random.ts';

/** What one audit record says, before it gets its time and id. */
export interface AuditChange {
  readonly action: string;
  readonly actorId: number;
  readonly actorName: string;
  readonly ipAddress: string | null;
  readonly sourceType: string;
  readonly sourceId: number;
  readonly sourceLabel: string;
  readonly description: string;
}

/** Where a scene writes its changes. */
export interface AuditStage {
  readonly random: RandomSequence;
  readonly people: People;
  /** Whole minutes since 1970. */
  minute: number;
  changes: AuditChange[];
}

/** The item that was changed. */
export type Source = readonly [type: string, id: number, label: string];

/** Notes what a person did. */
export function note(
  stage: AuditStage,
  actor: Person,
  action: string,
  source: Source,
  description: string,
): void {
  const [sourceType, sourceId, sourceLabel] = source;
  const ipAddress = stage.random.pick(actor.ipAddresses);
  const { id: actorId, name: actorName } = actor;
  stage.changes.push({
    action,
    actorId,
    actorName,
    ipAddress,
    sourceType,
    sourceId,
    sourceLabel,
    description,
  });
}

/** What Zendesk does by itself: actor -1, named Zendesk, from no address (contract 1.2). */
export function noteSystem(
  stage: AuditStage,
  action: string,
  source: Source,
  description: string,
): void {
  const [sourceType, sourceId, sourceLabel] = source;
  const system = { actorId: -1, actorName: 'Zendesk', ipAddress: null };
  stage.changes.push({ ...system, action, sourceType, sourceId, sourceLabel, description });
}

/** A team member who is at work, preferably. */
export function someAgent({ random, people, minute }: AuditStage): Person {
  let person = people.integration;
  for (let attempt = 0; attempt < 8; attempt++) {
    person = people.holderOf(random.below(people.desks), minute * 60_000);
    if (!person.suspended && random.chance(activityIn(person.zone, hourOfWeek(minute)))) break;
  }
  return person;
}

/** An admin: every twelfth desk, from desk 0 on, is one's. */
export function someAdmin({ random, people, minute }: AuditStage): Person {
  return people.holderOf(12 * random.below(Math.ceil(people.desks / 12)), minute * 60_000);
}
