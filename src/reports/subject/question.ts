/** Who has seen the records of one person or ticket, certainly or possibly: for answers to Art. 15 and reports under Art. 33 GDPR. */
import type { AccessSpan } from '../shared/accesses.ts';
import type { FieldChoice, RequestRow } from '../shared/record-fields.ts';
import type { ReportSpan } from '../shared/report.ts';

/** What a line of the report is. */
export type SubjectLines = {
  /** A request, instead of a visit or the requests of a day. */
  readonly requests: boolean;
  /** How much of the record of each request to show. */
  readonly fields: FieldChoice;
};

/** What is asked for. */
export type SubjectQuestion = SubjectLines & {
  readonly span: ReportSpan;
  /** Id of the person; undefined: only the tickets are meant. */
  readonly user: string | undefined;
  /** Ids of the tickets that are about the person. */
  readonly tickets: readonly string[];
  /** Whether the report leaves out everything that identifies an agent, and search texts. */
  readonly pseudonymise: boolean;
  /** Whether to leave out requests that may have shown the person, or those that certainly did. */
  readonly only?: 'confirmed' | 'possible' | undefined;
  /** Whether the text of searches is left out; it is with pseudonyms, too. */
  readonly withholdSearches?: boolean;
};

/** The records of one person, and when they may have been seen. */
export type SubjectFilter = AccessSpan & {
  /** Id of the person; undefined: only the tickets are meant. */
  readonly user: string | undefined;
  /** Ids of the tickets that are about the person. */
  readonly tickets: readonly string[];
};

/** Numbers of requests that named one of the records. Each request counts once, however many records it named. */
export type ConfirmedTotals = {
  readonly requests: number;
  readonly visits: number;
  readonly agents: number;
  readonly tickets: number;
  readonly first_at: Date | null;
  readonly last_at: Date | null;
  /** Requests of programs; they are included in the others. */
  readonly by_program: number;
  /** Requests that were denied or failed; they are not included in the others. */
  readonly unanswered: number;
};

/** A visit, or the requests of one kind that an agent made on one day. */
export type SubjectRow = RequestRow & {
  readonly last_at: Date;
  readonly user_id: string | null;
  readonly by_program: boolean;
  /** Kinds of the requests, separated by commas. */
  readonly kinds: string;
  readonly resource_types: string | null;
  readonly resource_id: string | null;
  readonly search_query: string | null;
  readonly requests: number;
  /** Addresses of the requests, separated by commas. */
  readonly addresses: string | null;
};

/** Requests of one kind that may have shown the person. */
export type PossibleTotals = {
  readonly kind: string;
  readonly requests: number;
  readonly agents: number;
};

/** The meaning of the two tiers. */
export const notes = {
  confirmed: 'Confirmed: a successful request named the person or one of the tickets.',
  possible:
    'Possible: a list, a search, an export, a request whose ids the log does not show, or one that no rule matches may have shown the person. The log does not say.',
  visits:
    'A confirmed row is a visit: a series of requests by one agent for one record, with at most 30 minutes between them. A possible row is what an agent did of one kind on one day. Add --requests to show each request.',
  confirmedOnly:
    'Left out (--confirmed-only): lists, searches, exports and other requests that may have shown the person; the log does not say whether they did.',
};
