/** What may happen to a process that pulls an account. */
import type { FindingKind } from '../../../src/evidence/verification/finding.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import type { DatabaseProxy } from '../database-proxy.ts';
import type { PullingProcess } from '../pulling-process.ts';
import type { Query } from '../query.ts';
import type { Choices } from './choices.ts';
import type { OwnServer } from './server.ts';
import type { ZendeskWay } from './zendesk-way.ts';

/** What a disturbance can use. */
export type World = {
  readonly random: Choices;
  /** The process that pulls. */
  readonly child: PullingProcess;
  readonly simulator: Simulator;
  /** The connection to Zendesk, which can change answers. */
  readonly zendesk: ZendeskWay;
  /** The connection to the database. */
  readonly proxy: DatabaseProxy;
  /** The database itself, without the proxy. */
  readonly databaseUrl: string;
  readonly server: OwnServer;
  /** Runs one statement on the database, on a separate connection. */
  readonly query: Query;
};

/** Something that happens once, at a moment that the seed decides. */
export type Disturbance = {
  readonly name: string;
  /** What it does, for the list. */
  readonly deed: string;
  /** Whether the disturbed process must end normally; otherwise a later one may. */
  readonly passes: boolean;
  /** Whether stored rows are lost, so that the ledger has counted more than there are. */
  readonly takesRows?: boolean;
  /** What `verify` finds after it, and rightly so. */
  readonly leaves?: FindingKind;
  /** Does it. It undoes lasting changes if a later pass could not work with them. */
  readonly strike: (world: World) => Promise<void>;
  /** Fails unless it has left the traces that it must. */
  readonly check?: (query: Query) => Promise<void>;
};
