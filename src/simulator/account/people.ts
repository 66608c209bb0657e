import { hash, pickNth } from '../random.ts';
import { ZONES, type Zone } from './calendar.ts';
import { BROWSERS, FAMILY_NAMES, GIVEN_NAMES } from './names.ts';

/** A current or previous team member, a customer, or a stranger that no user list has. */
export type SimulatedPerson = {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly job:
    'admin' | 'agent' | 'light-agent' | 'custom-role' | 'integration' | 'customer' | 'stranger';
  readonly zone: Zone;
  readonly suspended: boolean;
  /** First day at work, ms since 1970. */
  readonly joinedAtMs: number;
  /** Last day as a team member, ms since 1970; Infinity for a person who stays. */
  readonly leavesAtMs: number;
  /** What happens on leaving: the user is deleted, or stays as an end user. */
  readonly onLeaving: 'deleted' | 'demoted';
  readonly browser: string;
  readonly ipAddresses: readonly string[];
};

/** The people of one account, as pure functions of seed and time. */
export type People = {
  /** The user that belongs to the OAuth client and polls the logs. */
  readonly integration: SimulatedPerson;
  /** Actors that no user list and no show_many knows: Zendesk's own staff and services (contract Q18). */
  readonly strangers: readonly SimulatedPerson[];
  /** How many desks the team has. */
  readonly desks: number;
  /** Who sits at that desk at that time. */
  readonly holderOf: (desk: number, ms: number) => SimulatedPerson;
  /** Everybody who is or was a team member at that time, including the integration. */
  readonly teamEver: (ms: number) => readonly SimulatedPerson[];
  /** A customer (end user) by number, 0 to `CUSTOMERS` - 1. */
  readonly customer: (index: number) => SimulatedPerson;
};

/** How many customers the account knows. */
export const CUSTOMERS = 2000;

const TEAM_FOUNDED_MS = Date.UTC(2021, 0, 4);
const DAY_MS = 86_400_000;
/** Desks with turnover get a new person this often; the changes are spread evenly, so somebody left recently. */
const TENURE_MS = 120 * DAY_MS;
const MAX_HOLDERS = 64;

/** Makes the people of an account with so many desks (team members at any one time). */
export function createPeople(seed: number, desks: number): People {
  const turnover = Array.from({ length: desks }, (_, desk) => desk).filter(
    (desk) => desk % 8 === 6,
  );
  const phases = new Map(
    turnover.map((desk, rank) => [desk, (TENURE_MS * rank) / turnover.length]),
  );
  const holder = remember((key) => {
    const desk = Math.floor(key / MAX_HOLDERS);
    return createTeamMember(seed, desk, key % MAX_HOLDERS, phases.get(desk));
  });
  const integration = createIntegration(seed);

  function generationAt(desk: number, ms: number): number {
    const phase = phases.get(desk);
    if (phase === undefined) return 0;
    const generation = Math.floor((ms - TEAM_FOUNDED_MS - phase) / TENURE_MS) + 1;
    return Math.min(Math.max(generation, 0), MAX_HOLDERS - 1);
  }

  return {
    integration,
    strangers: [
      createStranger(903_646_501_999, 'Zendesk Advocate'),
      createStranger(912_204_777_999, 'Zendesk Staff'),
    ],
    desks,
    holderOf: (desk, ms) => holder(desk * MAX_HOLDERS + generationAt(desk, ms)),
    teamEver(ms) {
      const team = [integration];
      for (let desk = 0; desk < desks; desk++) {
        const last = generationAt(desk, ms);
        for (let generation = 0; generation <= last; generation++)
          team.push(holder(desk * MAX_HOLDERS + generation));
      }
      return team;
    },
    customer: remember((index) => createCustomer(seed, index)),
  };
}

/** Makes each person once. */
function remember(create: (key: number) => SimulatedPerson): (key: number) => SimulatedPerson {
  const known = new Map<number, SimulatedPerson>();
  return (key) => {
    let person = known.get(key);
    if (person === undefined) {
      person = create(key);
      known.set(key, person);
    }
    return person;
  };
}

/** People who are there from the beginning and stay. */
const USUAL = {
  suspended: false,
  joinedAtMs: TEAM_FOUNDED_MS,
  leavesAtMs: Infinity,
  onLeaving: 'deleted',
} as const;

function createTeamMember(
  seed: number,
  desk: number,
  generation: number,
  phase: number | undefined,
): SimulatedPerson {
  const luck = hash(seed, 101, desk, generation);
  const name = nameFrom(luck);
  const begins = TEAM_FOUNDED_MS + (phase ?? 0) + (generation - 1) * TENURE_MS;
  return {
    id: 1_500_000_000_000 + (desk * MAX_HOLDERS + generation) * 10_000_000 + (luck % 10_000_000),
    name,
    email: desk % 23 === 15 ? null : `${addressFrom(name)}.${desk}@acme.example`,
    job: jobOf(desk),
    zone: pickNth(ZONES, desk),
    suspended: desk % 17 === 9,
    joinedAtMs: phase === undefined || generation === 0 ? TEAM_FOUNDED_MS : begins,
    leavesAtMs: phase === undefined ? Infinity : TEAM_FOUNDED_MS + phase + generation * TENURE_MS,
    onLeaving: (desk + generation) % 3 === 0 ? 'demoted' : 'deleted',
    browser: pickNth(BROWSERS, luck),
    ipAddresses: [`203.0.113.${10 + (desk % ZONES.length)}`, homeAddress(luck)],
  };
}

function jobOf(desk: number): SimulatedPerson['job'] {
  if (desk % 12 === 0) return 'admin';
  if (desk % 7 === 3) return 'light-agent';
  if (desk % 9 === 5) return 'custom-role';
  return 'agent';
}

function createIntegration(seed: number): SimulatedPerson {
  return {
    ...USUAL,
    id: 1_499_000_000_000 + (hash(seed, 103) % 1_000_000_000),
    name: 'Log Integration',
    email: 'integration@acme.example',
    job: 'integration',
    zone: pickNth(ZONES, 3),
    browser: 'acme-log-integration/1.2 (+https://acme.example/it)',
    ipAddresses: ['198.51.100.20'],
  };
}

function createStranger(id: number, name: string): SimulatedPerson {
  return {
    ...USUAL,
    id,
    name,
    email: null,
    job: 'stranger',
    zone: pickNth(ZONES, 0),
    joinedAtMs: 0,
    browser: pickNth(BROWSERS, 0),
    ipAddresses: ['192.0.2.250'],
  };
}

function createCustomer(seed: number, index: number): SimulatedPerson {
  const luck = hash(seed, 107, index);
  const name = nameFrom(luck);
  return {
    ...USUAL,
    id: 364_000_000_000 + index * 31_000_000 + (luck % 31_000_000),
    name,
    email: luck % 19 === 0 ? null : `${addressFrom(name)}.${index}@customer.example`,
    job: 'customer',
    zone: pickNth(ZONES, luck),
    suspended: luck % 211 === 0,
    joinedAtMs: TEAM_FOUNDED_MS + (luck % 1000) * DAY_MS,
    browser: pickNth(BROWSERS, luck),
    ipAddresses: [homeAddress(luck)],
  };
}

function nameFrom(luck: number): string {
  const given = pickNth(GIVEN_NAMES, luck);
  const family = pickNth(FAMILY_NAMES, Math.floor(luck / 64));
  return `${given} ${family}`;
}

function addressFrom(name: string): string {
  const plain = name.normalize('NFD').replaceAll('Ł', 'L').replaceAll('ø', 'o');
  return plain
    .replaceAll(/[^A-Za-z ]/g, '')
    .replaceAll(' ', '.')
    .toLowerCase();
}

function homeAddress(luck: number): string {
  if (luck % 3 === 0)
    return `2001:db8:${(luck >>> 16).toString(16)}::${(luck & 0xffff).toString(16)}`;
  return `${luck % 2 === 0 ? '198.51.100' : '192.0.2'}.${(luck >>> 8) % 250}`;
}
