import { activityIn, hourOfWeek } from '../../account/calendar.ts';
import type { People, SimulatedPerson } from '../../account/people.ts';
import type { RandomSequence } from '../../random.ts';

/** What one audit record says, before it gets its time and id. */
export type AuditChange = {
  readonly action: string;
  readonly actorId: number;
  readonly actorName: string;
  readonly ipAddress: string | null;
  readonly sourceType: string;
  readonly sourceId: number;
  readonly sourceLabel: string;
  readonly description: string;
};

/** Where a scene writes its changes. */
export type AuditStage = {
  readonly random: RandomSequence;
  readonly people: People;
  /** Whole minutes since 1970. */
  readonly minute: number;
  readonly changes: AuditChange[];
};

/** The item that was changed. */
export type ChangedItem = readonly [type: string, id: number, label: string];

type Actor = Pick<AuditChange, 'actorId' | 'actorName' | 'ipAddress'>;

function write(
  { changes }: AuditStage,
  actor: Actor,
  action: string,
  [sourceType, sourceId, sourceLabel]: ChangedItem,
  description: string,
): void {
  changes.push({ ...actor, action, sourceType, sourceId, sourceLabel, description });
}

/** Records what a person did. */
export function note(
  stage: AuditStage,
  { id: actorId, name: actorName, ipAddresses }: SimulatedPerson,
  action: string,
  item: ChangedItem,
  description: string,
): void {
  const ipAddress = stage.random.pick(ipAddresses);
  write(stage, { actorId, actorName, ipAddress }, action, item, description);
}

/** Records an automatic action of Zendesk: actor -1, named Zendesk, without an address (contract 1.2). */
export function noteSystem(
  stage: AuditStage,
  action: string,
  item: ChangedItem,
  description: string,
): void {
  const actor = { actorId: -1, actorName: 'Zendesk', ipAddress: null };
  write(stage, actor, action, item, description);
}

/** A team member who is at work, preferably. */
export function someAgent({ random, people, minute }: AuditStage): SimulatedPerson {
  let person = people.integration;
  for (let attempt = 0; attempt < 8; attempt++) {
    person = people.holderOf(random.below(people.desks), minute * 60_000);
    if (!person.suspended && random.chance(activityIn(person.zone, hourOfWeek(minute)))) break;
  }
  return person;
}

/** An admin: every twelfth desk, from desk 0 on, has one. */
export function someAdmin({ random, people, minute }: AuditStage): SimulatedPerson {
  return people.holderOf(12 * random.below(Math.ceil(people.desks / 12)), minute * 60_000);
}
