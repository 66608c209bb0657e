import {
  APPS,
  GROUPS,
  ORGANIZATIONS,
  ROLE_CHANGES,
  RULES,
  SETTINGS,
  SIGN_INS,
  WORKWEEKS,
} from './audit-log-vocabulary.ts';
import {
  note,
  noteSystem,
  someAdmin,
  someAgent,
  type AuditStage,
  type Source,
} from './audit-log-stage.ts';
import { CUSTOMERS, type Person } from './people.ts';

function signIn(stage: AuditStage): void {
  const person = someAgent(stage);
  const source: Source = ['user', person.id, `Team member: ${person.name}`];
  note(stage, person, 'login', source, `Successful sign-in using ${stage.random.pick(SIGN_INS)}`);
}

function changeSetting(stage: AuditStage, actor: Person): void {
  const { random } = stage;
  const [label, action, descriptions] = random.pick(SETTINGS);
  const id = 23_639_740_000_000 + SETTINGS.findIndex((setting) => setting[0] === label) * 1999;
  note(stage, actor, action, ['account_setting', id, label], random.pick(descriptions));
}

function changeRole(stage: AuditStage): void {
  const person = someAgent(stage);
  const label = stage.random.chance(0.5) ? `Team member: ${person.name}` : person.name;
  note(
    stage,
    someAdmin(stage),
    'update',
    ['user', person.id, label],
    stage.random.pick(ROLE_CHANGES),
  );
}

function changeToken(stage: AuditStage): void {
  const { random } = stage;
  const action = random.pick(['create', 'destroy']);
  const id = 360_000_400 + random.below(30);
  const source = random.pick<Source>([
    ['api_token', id, 'API token: reporting'],
    ['apitoken', id, 'API token'],
    ['account_setting', id, 'Zendesk API: Active API tokens'],
  ]);
  note(stage, someAdmin(stage), action, source, action === 'create' ? 'reporting' : '');
}

function changeRules(stage: AuditStage): void {
  const { random } = stage;
  const admin = someAdmin(stage);
  const action = random.pick(['create', 'update', 'update', 'update', 'destroy']);
  const count = random.chance(0.2) ? 2 + random.below(6) : 1;
  for (let i = 0; i < count; i++) {
    const [type, name, description] = random.pick(RULES);
    const source: Source = ['rule', 360_000_300 + random.below(60), `${type}: ${name}`];
    note(stage, admin, action, source, action === 'update' ? description : '');
  }
}

function changeApp(stage: AuditStage): void {
  const { random } = stage;
  const which = random.below(APPS.length);
  const source: Source = ['zendesk/app_market/app', 913_000 + which, `App: ${APPS[which] ?? ''}`];
  const [action, text] = random.pick([
    ['create', 'Installed'],
    ['update', 'Settings changed from {"token":"[hidden]"} to {"token":"[hidden]"}'],
    ['destroy', 'Uninstalled'],
  ] as const);
  note(stage, someAdmin(stage), action, source, text);
}

function deleteTickets(stage: AuditStage): void {
  const { random } = stage;
  const person = someAgent(stage);
  const newest = Math.floor(stage.minute / 40) - 650_000;
  const count = random.chance(0.3) ? 2 + random.below(12) : 1;
  for (let i = 0; i < count; i++) {
    const ticket = newest - random.below(5000);
    note(
      stage,
      person,
      'destroy',
      ['ticket', ticket, `Ticket: #${ticket}`],
      'Deleted from the agent workspace',
    );
  }
}

function changeSuspension(stage: AuditStage): void {
  const { random, people } = stage;
  const customer = people.customer(random.below(CUSTOMERS));
  const source: Source = ['user_setting', customer.id, `Suspension state: ${customer.name}`];
  note(
    stage,
    someAgent(stage),
    'update',
    source,
    random.pick(['Suspended', 'Suspended', 'Unsuspended']),
  );
}

function changeOrganization(stage: AuditStage): void {
  const { random } = stage;
  const which = random.below(ORGANIZATIONS.length);
  const source: Source = [
    'organization',
    360_000_000_500 + which,
    `Organization: ${ORGANIZATIONS[which] ?? ''}`,
  ];
  const text = `Group changed from ${random.pick(GROUPS)} to ${random.pick(GROUPS)}`;
  note(stage, someAgent(stage), 'update', source, text);
}

function changeTeamMember(stage: AuditStage): void {
  const { random } = stage;
  const person = someAgent(stage);
  const source: Source = ['user', person.id, `Team member: ${person.name}`];
  const admin = someAdmin(stage);
  if (random.chance(0.3)) {
    note(
      stage,
      admin,
      'create',
      source,
      `Email identity added: second.${person.id}@elsewhere.example`,
    );
  } else {
    note(stage, admin, 'update', source, `Group added: ${random.pick(GROUPS)}`);
    note(
      stage,
      admin,
      'update',
      source,
      `Default group changed from not set to ${random.pick(GROUPS)}`,
    );
  }
}

function exportData(stage: AuditStage): void {
  const text = stage.random.pick([
    'Audit log exported as CSV',
    'Full data export (JSON) requested',
    'View exported as CSV',
  ]);
  note(stage, someAdmin(stage), 'exported', ['account', 2_281_999, 'Account: Account'], text);
}

function changeWorkweek(stage: AuditStage): void {
  const source: Source = [
    'zendesk/business_hours/workweek',
    360_000_777,
    'Workweek: Central US Schedule',
  ];
  note(stage, someAdmin(stage), 'update', source, stage.random.pick(WORKWEEKS));
}

function changeOwner(stage: AuditStage): void {
  const admin = someAdmin(stage);
  const text = `Owner changed from ${admin.name} to ${someAdmin(stage).name}`;
  note(stage, admin, 'update', ['account', 2_281_999, 'Account: Account'], text);
}

function runSystemJob(stage: AuditStage): void {
  const { random } = stage;
  if (random.chance(0.6)) {
    const text = `Automatically finished 30-day deletion for ${1 + random.below(4)} users`;
    noteSystem(stage, 'destroy', ['account', 2_281_999, 'Deleted users: Deleted users'], text);
  } else {
    const source: Source = ['apitoken', 360_000_400 + random.below(30), 'API token: unused'];
    noteSystem(stage, 'update', source, 'Deactivated after 30 days without use');
  }
}

const WEIGHTED: readonly [number, (stage: AuditStage) => void][] = [
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
];
const SCENES = WEIGHTED.flatMap(([weight, scene]) => Array.from({ length: weight }, () => scene));

/** Plays one scene: changes that are recorded in one second. They are then in `stage.changes`. */
export function playAuditScene(stage: AuditStage, start: number, minute: number): void {
  stage.random.restart(start);
  stage.minute = minute;
  stage.changes = [];
  stage.random.pick(SCENES)(stage);
}
