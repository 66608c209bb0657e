/** What a view asks: an address below `/api/`, who may ask it, and the statements that answer it. */
import type { Database, Queryable } from '../database/client.ts';
import type { PageService } from './service.ts';

/** A reader sees nothing that people typed; an investigator sees all. */
export type Role = 'reader' | 'investigator';

/** Somebody who uses the page. */
export type Asker = {
  /** As the token file, the proxy, or the machine names them. */
  readonly name: string;
  readonly role: Role;
};

/** A question that was asked. */
export type Asked = {
  readonly parameters: URLSearchParams;
  readonly asker: Asker;
  readonly service: PageService;
  readonly now: Date;
};

/** A file as an answer. */
export type Download = {
  readonly fileName: string;
  readonly type: string;
  readonly body: Buffer | AsyncIterable<Uint8Array>;
};

/** What is the same of every question. */
type Route = {
  /** Below `/api/`, such as `overview`. */
  readonly path: string;
  /** The least role that may ask it. */
  readonly role: Role;
  /** The parameters that are recorded in `zendesk_sync.questions`; none: it is not a search. */
  readonly recorded?: readonly string[];
};

/** A question that is answered in JSON: moments as `Date`, which become ISO 8601 in UTC. */
export type Question = Route & {
  /**
   * Whose rights in the database its statements have: those of the asker, who sees what `zendesk_reader` or
   * `zendesk_investigator` sees, or those of the page: `zendesk_page`, which reads the rows and the ledger, and neither
   * logins nor keys. Where the program may not take these roles, its own. All only read.
   */
  readonly rights: 'asker' | 'page';
  /** How long each of its statements may take; default 5 seconds. */
  readonly limitMs?: number;
  /** One answer from those of several databases; default: `mergeAnswers`. */
  readonly merge?: (answers: readonly unknown[]) => unknown;
  /** @throws {KnownError} `bad_input` for a parameter of another form */
  readonly ask: (db: Queryable, asked: Asked) => Promise<unknown>;
};

/** A question that is answered with a file, which leaves out what the asker may not see. */
export type FileQuestion = Route & {
  /** As of a `Question`; those of the program for an evidence package, which has the keys of its rows. */
  readonly rights: 'page' | 'program';
  readonly download: (db: Database, asked: Asked) => Promise<Download>;
};

/** A question of either kind. */
export type AnyQuestion = Question | FileQuestion;
