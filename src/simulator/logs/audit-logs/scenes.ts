import { CUSTOMERS, type SimulatedPerson } from '../../account/people.ts';
import { newestTicket } from '../../account/tickets.ts';
import { pickNth, repeatByWeight } from '../../random.ts';
import {
  note,
  noteSystem,
  someAdmin,
  someAgent,
  type AuditChange,
  type AuditStage,
  type ChangedItem,
} from './stage.ts';
import {
  APPS,
  GROUPS,
  ORGANIZATIONS,
  ROLE_CHANGES,
  RULES,
  SETTINGS,
  SIGN_INS,
  WORKWEEKS,
} from './vocabulary.ts';

const ACCOUNT: ChangedItem = ['account', 2_281_999, 'Account: Account'];

function signIn(stage: AuditStage): void {
  const person = someAgent(stage);
  const item: ChangedItem = ['user', person.id, `Team member: ${person.name}`];
  note(stage, person, 'login', item, `Successful sign-in using ${stage.random.pick(SIGN_INS)}`);
}

function changeSetting(stage: AuditStage, actor: SimulatedPerson): void {
  const { random } = stage;
  const which = random.below(SETTINGS.length);
  const [label, action, ...descriptions] = pickNth(SETTINGS, which);
  const item: ChangedItem = ['account_setting', 23_639_740_000_000 + which * 1999, label];
  note(stage, actor, action, item, random.pick(descriptions));
}

function changeRole(stage: AuditStage): void {
  const { random } = stage;
  const person = someAgent(stage);
  const label = random.chance(0.5) ? `Team member: ${person.name}` : person.name;
  const admin = someAdmin(stage);
  note(stage, admin, 'update', ['user', person.id, label], random.pick(ROLE_CHANGES));
}

function changeToken(stage: AuditStage): void {
  const { random } = stage;
  const action = random.pick(['create', 'destroy']);
  const id = 360_000_400 + random.below(30);
  const item = random.pick<ChangedItem>([
    ['api_token', id, 'API token: reporting'],
    ['apitoken', id, 'API token'],
    ['account_setting', id, 'Zendesk API: Active API tokens'],
  ]);
  note(stage, someAdmin(stage), action, item, action === 'create' ? 'reporting' : '');
}

function changeRules(stage: AuditStage): void {
  const { random } = stage;
  const admin = someAdmin(stage);
  const action = random.pick(['create', 'update', 'update', 'update', 'destroy']);
  const count = random.chance(0.2) ? 2 + random.below(6) : 1;
  for (let i = 0; i < count; i++) {
    const [type, name, description] = random.pick(RULES);
    const item: ChangedItem = ['rule', 360_000_300 + random.below(60), `${type}: ${name}`];
    note(stage, admin, action, item, action === 'update' ? description : '');
  }
}

const APP_CHANGES: readonly (readonly [action: string, description: string])[] = [
  ['create', 'Installed'],
  ['update', 'Settings changed from {"token":"[hidden]"} to {"token":"[hidden]"}'],
  ['destroy', 'Uninstalled'],
];

function changeApp(stage: AuditStage): void {
  const { random } = stage;
  const which = random.below(APPS.length);
  const app = pickNth(APPS, which);
  const [action, text] = random.pick(APP_CHANGES);
  const item: ChangedItem = ['zendesk/app_market/app', 913_000 + which, `App: ${app}`];
  note(stage, someAdmin(stage), action, item, text);
}

function deleteTickets(stage: AuditStage): void {
  const { random } = stage;
  const person = someAgent(stage);
  const newest = newestTicket(stage.minute);
  const count = random.chance(0.3) ? 2 + random.below(12) : 1;
  for (let i = 0; i < count; i++) {
    const ticket = newest - random.below(5000);
    const item: ChangedItem = ['ticket', ticket, `Ticket: #${ticket}`];
    note(stage, person, 'destroy', item, 'Deleted from the agent workspace');
  }
}

function changeSuspension(stage: AuditStage): void {
  const { random, people } = stage;
  const customer = people.customer(random.below(CUSTOMERS));
  const item: ChangedItem = ['user_setting', customer.id, `Suspension state: ${customer.name}`];
  const agent = someAgent(stage);
  note(stage, agent, 'update', item, random.pick(['Suspended', 'Suspended', 'Unsuspended']));
}

function changeOrganization(stage: AuditStage): void {
  const { random } = stage;
  const which = random.below(ORGANIZATIONS.length);
  const label = `Organization: ${pickNth(ORGANIZATIONS, which)}`;
  const text = `Group changed from ${random.pick(GROUPS)} to ${random.pick(GROUPS)}`;
  const item: ChangedItem = ['organization', 360_000_000_500 + which, label];
  note(stage, someAgent(stage), 'update', item, text);
}

function changeTeamMember(stage: AuditStage): void {
  const { random } = stage;
  const person = someAgent(stage);
  const item: ChangedItem = ['user', person.id, `Team member: ${person.name}`];
  const admin = someAdmin(stage);
  if (random.chance(0.3)) {
    const address = `second.${person.id}@elsewhere.example`;
    note(stage, admin, 'create', item, `Email identity added: ${address}`);
  } else {
    note(stage, admin, 'update', item, `Group added: ${random.pick(GROUPS)}`);
    const text = `Default group changed from not set to ${random.pick(GROUPS)}`;
    note(stage, admin, 'update', item, text);
  }
}

const EXPORTS: readonly string[] = [
  'Audit log exported as CSV',
  'Full data export (JSON) requested',
  'View exported as CSV',
];

function exportData(stage: AuditStage): void {
  const text = stage.random.pick(EXPORTS);
  note(stage, someAdmin(stage), 'exported', ACCOUNT, text);
}

function changeWorkweek(stage: AuditStage): void {
  const label = 'Workweek: Central US Schedule';
  const item: ChangedItem = ['zendesk/business_hours/workweek', 360_000_777, label];
  const admin = someAdmin(stage);
  note(stage, admin, 'update', item, stage.random.pick(WORKWEEKS));
}

function changeOwner(stage: AuditStage): void {
  const admin = someAdmin(stage);
  const text = `Owner changed from ${admin.name} to ${someAdmin(stage).name}`;
  note(stage, admin, 'update', ACCOUNT, text);
}

function runSystemJob(stage: AuditStage): void {
  const { random } = stage;
  if (random.chance(0.6)) {
    const text = `Automatically finished 30-day deletion for ${1 + random.below(4)} users`;
    noteSystem(stage, 'destroy', ['account', 2_281_999, 'Deleted users: Deleted users'], text);
  } else {
    const item: ChangedItem = ['apitoken', 360_000_400 + random.below(30), 'API token: unused'];
    noteSystem(stage, 'update', item, 'Deactivated after 30 days without use');
  }
}

const SCENES = repeatByWeight<(stage: AuditStage) => void>([
  [38, signIn],
  [7, (stage) => changeSetting(stage, someAdmin(stage))],
  [4, changeRole],
  [2, changeToken],
  [10, changeRules],
  [3, changeApp],
  [7, deleteTickets],
  [4, changeSuspension],
  [6, changeOrganization],
  [4, changeTeamMember],
  [2, exportData],
  [1, changeWorkweek],
  [1, (stage) => (stage.random.chance(0.2) ? changeOwner(stage) : signIn(stage))],
  [1, (stage) => changeSetting(stage, stage.random.pick(stage.people.strangers))],
  [10, runSystemJob],
]);

/** Plays one scene: changes that are recorded in one second. */
export function playAuditScene(
  { random, people }: Pick<AuditStage, 'random' | 'people'>,
  start: number,
  minute: number,
): readonly AuditChange[] {
  random.restart(start);
  const stage: AuditStage = { random, people, minute, changes: [] };
  random.pick(SCENES)(stage);
  return stage.changes;
}
