import { refuseInput } from '../errors.ts';

/** Faults that take the place of the answer. */
const ANSWER_KINDS = [
  '429-retry-after',
  '429-reset-seconds',
  '429-reset-date',
  '429-reset-epoch',
  '429-bare',
  '500-json',
  '500-html',
  '502-html',
  '503-html',
  '503-json',
  '504-text',
  'connection-reset',
  'html-200',
  'empty-200',
  'refuse-cursor',
  'token-expired',
  '401',
  '403-plan',
  '403-scope',
  '403-role',
  '404-endpoint',
  'redirect',
] as const;

/** Faults on the way of a good answer. */
const TRANSPORT_KINDS = ['reset-mid-body', 'truncated-json', 'slow'] as const;

/** Faults in the content of a page of records. The same records stay reachable by the same cursors. */
const PAGE_KINDS = [
  'repeat-cursor',
  'empty-page-with-more',
  'more-without-cursor',
  'unsorted',
  'duplicate-in-page',
  'new-field',
  'changed-type',
] as const;

/** A fault that takes the place of the answer. */
export type AnswerFaultKind = (typeof ANSWER_KINDS)[number];
/** A fault on the way of a good answer. */
export type TransportFaultKind = (typeof TRANSPORT_KINDS)[number];
/** A fault in the content of a page. */
export type PageFaultKind = (typeof PAGE_KINDS)[number];
/** Everything that can go wrong on purpose. */
export type FaultKind = AnswerFaultKind | TransportFaultKind | PageFaultKind;

/** All kinds of faults. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...ANSWER_KINDS,
  ...TRANSPORT_KINDS,
  ...PAGE_KINDS,
];

/** What a fault can be aimed at. */
export type FaultStream = 'audit_logs' | 'access_logs' | 'users' | 'tickets' | 'oauth';
const STREAMS: readonly string[] = ['audit_logs', 'access_logs', 'users', 'tickets', 'oauth'];

/** Something that goes wrong on purpose, at the next request that matches. */
export interface Fault {
  kind: FaultKind;
  /** Default: all streams. */
  stream?: FaultStream;
  /** Lets so many matching requests pass first; default 0. */
  after?: number;
  /** How often it happens; default 1. Infinity (null in JSON) for ever. */
  times?: number;
  /** Only requests that send a cursor. */
  onlyWithCursor?: boolean;
  /** Only requests whose `page[size]` is greater. */
  pageSizeOver?: number;
  /** `429-*`: the wait that is told, seconds; default 1. `503-*`: sends `Retry-After` when given. */
  seconds?: number;
  /** `redirect`: the other origin, such as `http://127.0.0.1:8080`. */
  location?: string;
  /** `slow`: how much longer the answer takes, ms; default 1,000. */
  ms?: number;
  /** `changed-type`: the field that changes; default: each number becomes a string and null stays. */
  field?: string;
  /** `changed-type` with `field`: the new value; default: the old one as a string. */
  value?: unknown;
}

/** What the faults look at in a request. */
export interface FaultTarget {
  readonly stream: FaultStream | undefined;
  readonly hasCursor: boolean;
  /** The `page[size]` sent, or the stream's default. */
  readonly pageSize: number;
}

/** A fault of certain kinds. */
export type FaultOf<Kind extends FaultKind> = Fault & { readonly kind: Kind };

/** Tells whether the fault takes the place of the answer. */
export function isAnswerFault(fault: Fault): fault is FaultOf<AnswerFaultKind> {
  return ANSWER_KINDS.some((kind) => kind === fault.kind);
}

/** Tells whether the fault spoils the way of a good answer. */
export function isTransportFault(fault: Fault): fault is FaultOf<TransportFaultKind> {
  return TRANSPORT_KINDS.some((kind) => kind === fault.kind);
}

/** Tells whether the fault alters the content of a page. */
export function isPageFault(fault: Fault): fault is FaultOf<PageFaultKind> {
  return PAGE_KINDS.some((kind) => kind === fault.kind);
}

/** Tells whether the fault leaves page contents alone: it then happens whatever the request is. */
export function isRequestFault(
  fault: Fault,
): fault is FaultOf<AnswerFaultKind | TransportFaultKind> {
  return !isPageFault(fault);
}

/** The faults that are still to come. */
export interface FaultBook {
  add(fault: Fault): void;
  clear(): void;
  /** The fault of that sort that strikes this request, if any. Counts the request for every fault that it matches. */
  take<F extends Fault>(target: FaultTarget, isOfSort: (fault: Fault) => fault is F): F | undefined;
}

/** Keeps faults in the order they were added; the first that is due strikes, one of a sort per request. */
export function createFaultBook(): FaultBook {
  let armed: { fault: Fault; toPass: number; left: number }[] = [];
  return {
    add(fault) {
      const { after, times } = checkFault(fault);
      armed.push({ fault, toPass: after, left: times });
    },
    clear() {
      armed = [];
    },
    take<F extends Fault>(
      target: FaultTarget,
      isOfSort: (fault: Fault) => fault is F,
    ): F | undefined {
      let struck: F | undefined;
      for (const entry of armed) {
        const { fault } = entry;
        if (!isOfSort(fault) || !isAimedAt(fault, target)) continue;
        if (entry.toPass > 0) {
          entry.toPass--;
        } else if (struck === undefined) {
          struck = fault;
          entry.left--;
        }
      }
      armed = armed.filter((entry) => entry.left > 0);
      return struck;
    },
  };
}

function isAimedAt(fault: Fault, target: FaultTarget): boolean {
  if (fault.stream !== undefined ? fault.stream !== target.stream : target.stream === undefined)
    return false;
  if ((fault.onlyWithCursor === true || fault.kind === 'refuse-cursor') && !target.hasCursor)
    return false;
  return fault.pageSizeOver === undefined || target.pageSize > fault.pageSizeOver;
}

function checkFault(fault: Fault): { after: number; times: number } {
  const problems: string[] = [];
  const { after = 0, times = 1 } = fault;
  if (!FAULT_KINDS.includes(fault.kind))
    problems.push(`There is no fault kind ${JSON.stringify(fault.kind)}.`);
  if (fault.stream !== undefined && !STREAMS.includes(fault.stream))
    problems.push(`A fault's stream must be one of ${STREAMS.join(', ')}.`);
  if (!(after >= 0)) problems.push("A fault's after must be 0 or more.");
  if (!(times >= 1)) problems.push("A fault's times must be 1 or more.");
  if (fault.kind === 'redirect' && !URL.canParse(fault.location ?? ''))
    problems.push("A redirect's location must be an origin such as http://127.0.0.1:8080.");
  if (problems.length > 0) throw refuseInput(problems);
  return { after, times };
}
