import { SimulatorError } from '../checks.ts';
import { ANSWER_FAULTS, type AnswerFaultDetails } from './answer-faults.ts';
import { PAGE_FAULTS, type PageFaultDetails } from './page-faults.ts';

/** Faults on the way of a good answer; the server that sends it knows what they do. */
const TRANSPORT_FAULTS = [
  'reset-mid-body',
  'truncated-json',
  'slow',
  'wrong-date',
  'cached',
] as const;

/** A fault on the way of a good answer. */
export type TransportFaultKind = (typeof TRANSPORT_FAULTS)[number];
type AnswerFaultKind = keyof typeof ANSWER_FAULTS;
type PageFaultKind = keyof typeof PAGE_FAULTS;

/** Everything that can go wrong on purpose. */
export type FaultKind = AnswerFaultKind | TransportFaultKind | PageFaultKind;

/** Something that goes wrong on purpose, at the next request that matches. */
export type Fault = AnswerFaultDetails &
  PageFaultDetails & {
    readonly kind: FaultKind;
    /** A log by its name, `users`, `tickets` or `oauth`. Default: all of them. */
    readonly stream?: string;
    /** Lets so many matching requests pass first; default 0. */
    readonly after?: number;
    /** How often it happens; default 1. Infinity (null in JSON) for ever. */
    readonly times?: number;
    /** Only requests that send a cursor. */
    readonly onlyWithCursor?: boolean;
    /** Only requests whose `page[size]` is greater. */
    readonly pageSizeOver?: number;
    /** `slow`: how much longer the answer takes, ms; default 1,000. */
    readonly ms?: number;
  };

/** What the faults look at in a request. */
export type FaultTarget = {
  readonly stream: string;
  readonly hasCursor: boolean;
  /** The `page[size]` sent, or the endpoint's default. */
  readonly pageSize: number;
};

/** A fault of certain kinds. */
export type FaultOf<Kind extends FaultKind> = Fault & { readonly kind: Kind };

/** Tells whether the fault takes the place of the answer. */
export function isAnswerFault(fault: Fault): fault is FaultOf<AnswerFaultKind> {
  return Object.hasOwn(ANSWER_FAULTS, fault.kind);
}

/** Tells whether the fault spoils the way of a good answer. */
export function isTransportFault(fault: Fault): fault is FaultOf<TransportFaultKind> {
  return TRANSPORT_FAULTS.some((kind) => kind === fault.kind);
}

/** Tells whether the fault alters the content of a page. */
export function isPageFault(fault: Fault): fault is FaultOf<PageFaultKind> {
  return Object.hasOwn(PAGE_FAULTS, fault.kind);
}

/** Tells whether the fault leaves page contents alone: it then happens whatever the request is. */
export function isRequestFault(
  fault: Fault,
): fault is FaultOf<AnswerFaultKind | TransportFaultKind> {
  return isAnswerFault(fault) || isTransportFault(fault);
}

/** The faults that are still to come. */
export type FaultBook = {
  /** Throws SimulatorError for a fault that makes no sense. */
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** The fault of that sort that strikes this request, if any. Counts the request for every fault that it matches. */
  readonly take: <F extends Fault>(
    target: FaultTarget,
    isOfSort: (fault: Fault) => fault is F,
  ) => F | undefined;
};

/** Keeps faults in the order they were added; the first that is due strikes, one of a sort per request. */
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
      isRequestFault(fault) || isPageFault(fault),
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
