import { SimulatorError } from '../checks.ts';
import { ANSWER_FAULTS, type AnswerFaultDetails } from './answer-faults.ts';
import { PAGE_FAULTS, type PageFaultDetails } from './page-faults.ts';
import { QUERY_FAULTS } from './query-faults.ts';

/** Faults while a good answer is sent; the server that sends it knows what they do. */
const TRANSPORT_FAULTS = [
  'reset-mid-body',
  'truncated-json',
  'endless',
  'bomb',
  'drip',
  'slow',
  'wrong-date',
  'cached',
] as const;

/** A fault while a good answer is sent. */
export type TransportFaultKind = (typeof TRANSPORT_FAULTS)[number];
type AnswerFaultKind = keyof typeof ANSWER_FAULTS;
type PageFaultKind = keyof typeof PAGE_FAULTS;
type QueryFaultKind = keyof typeof QUERY_FAULTS;

/** Everything that can go wrong on purpose. */
export type FaultKind = AnswerFaultKind | TransportFaultKind | PageFaultKind | QueryFaultKind;

/** Something that goes wrong on purpose, for the next request that matches. */
export type Fault = AnswerFaultDetails &
  PageFaultDetails & {
    readonly kind: FaultKind;
    /** A log by its name, `users`, `tickets` or `oauth`. Default: all of them. */
    readonly stream?: string;
    /** How many matching requests pass first; default 0. */
    readonly after?: number;
    /** How often it happens; default 1. Infinity (null in JSON): always. */
    readonly times?: number;
    /** Only requests that send a cursor. */
    readonly onlyWithCursor?: boolean;
    /** Only requests whose `page[size]` is greater. */
    readonly pageSizeOver?: number;
    /** `slow`: how much longer the answer takes, ms; default 1,000. `drip`: how long each byte takes; default 1,000. */
    readonly ms?: number;
  };

/** What the faults check in a request. */
export type FaultTarget = {
  readonly stream: string;
  readonly hasCursor: boolean;
  /** The `page[size]` sent, or the endpoint's default. */
  readonly pageSize: number;
};

/** A fault of certain kinds. */
export type FaultOf<Kind extends FaultKind> = Fault & { readonly kind: Kind };

/** Whether the fault replaces the answer. */
export function isAnswerFault(fault: Fault): fault is FaultOf<AnswerFaultKind> {
  return Object.hasOwn(ANSWER_FAULTS, fault.kind);
}

/** Whether the fault disturbs the sending of a good answer. */
export function isTransportFault(fault: Fault): fault is FaultOf<TransportFaultKind> {
  return TRANSPORT_FAULTS.some((kind) => kind === fault.kind);
}

/** Whether the fault changes the content of a page. */
export function isPageFault(fault: Fault): fault is FaultOf<PageFaultKind> {
  return Object.hasOwn(PAGE_FAULTS, fault.kind);
}

/** Whether the fault makes a list ignore parameters. */
export function isQueryFault(fault: Fault): fault is FaultOf<QueryFaultKind> {
  return Object.hasOwn(QUERY_FAULTS, fault.kind);
}

/** Whether the fault does not change page contents: then it happens for any request. */
export function isRequestFault(
  fault: Fault,
): fault is FaultOf<AnswerFaultKind | TransportFaultKind> {
  return isAnswerFault(fault) || isTransportFault(fault);
}

/** The faults that are still to come. */
export type FaultBook = {
  /** Throws SimulatorError for an invalid fault. */
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** The fault of that sort for this request, if any. Counts the request for every fault that it matches. */
  readonly take: <F extends Fault>(
    target: FaultTarget,
    isOfSort: (fault: Fault) => fault is F,
  ) => F | undefined;
};

/** Keeps faults in the order they were added; the first that is due happens, at most one of each sort per request. */
export function createFaultBook(streams: readonly string[]): FaultBook {
  let armed: { fault: Fault; toPass: number; left: number }[] = [];
  return {
    add(fault) {
      const problems = findFaultProblems(fault, streams);
      if (problems.length > 0) throw new SimulatorError(problems);
      armed.push({ fault, toPass: fault.after ?? 0, left: fault.times ?? 1 });
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
  if (fault.stream !== undefined && fault.stream !== target.stream) return false;
  if ((fault.onlyWithCursor === true || isAboutCursor(fault)) && !target.hasCursor) return false;
  return fault.pageSizeOver === undefined || target.pageSize > fault.pageSizeOver;
}

function isAboutCursor({ kind }: Fault): boolean {
  return kind === 'refuse-cursor' || kind === 'lost-cursor';
}

function findFaultProblems(fault: Fault, streams: readonly string[]): string[] {
  const { after = 0, times = 1 } = fault;
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [
      isRequestFault(fault) || isPageFault(fault) || isQueryFault(fault),
      `There is no fault kind ${JSON.stringify(fault.kind)}.`,
    ],
    [
      fault.stream === undefined || streams.includes(fault.stream),
      `A fault's stream must be one of ${streams.join(', ')}.`,
    ],
    [after >= 0, "A fault's after must be 0 or more."],
    [times >= 1, "A fault's times must be 1 or more."],
    [
      fault.kind !== 'redirect' || URL.canParse(fault.location ?? ''),
      "A redirect's location must be an origin such as http://127.0.0.1:8080.",
    ],
  ];
  return rules.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}
