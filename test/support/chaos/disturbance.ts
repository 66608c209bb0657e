/** What may happen to a process that pulls an account. */
import type { Simulator } from '../../../src/simulator/simulator.ts';
import type { DatabaseProxy } from '../database-proxy.ts';
import type { PullingProcess } from '../pulling-process.ts';
import type { Query } from '../query.ts';
import type { Choices } from './choices.ts';
import type { OwnServer } from './server.ts';
import type { ZendeskWay } from './zendesk-way.ts';

/** What a disturbance can reach. */
export type World = {
  readonly random: Choices;
  /** The process that pulls. */
  readonly child: PullingProcess;
  readonly simulator: Simulator;
  /** The way to Zendesk, on which answers may be altered. */
  readonly zendesk: ZendeskWay;
  /** The way to the database. */
  readonly proxy: DatabaseProxy;
  /** The database itself, past the proxy. */
  readonly databaseUrl: string;
  readonly server: OwnServer;
  /** Runs one statement on the database, on a connection of its own. */
  readonly query: Query;
};

/** Something that happens once, at a moment that the seed decides. */
export type Disturbance = {
  readonly name: string;
  /** What it does, for the list that people read. */
  readonly deed: string;
  /** Whether the process that it happens to must come to its end in good order; otherwise a later one may. */
  readonly passes: boolean;
  /** Whether stored rows go, so that the ledger has counted more than there are. */
  readonly takesRows?: boolean;
  /** Does it. What it has changed for good it takes back, if a later pass could not do without. */
  readonly strike: (world: World) => Promise<void>;
  /** Fails unless it has left the traces that it must. */
  readonly check?: (query: Query) => Promise<void>;
};
