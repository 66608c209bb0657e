/**
 * Whether a list has kept its order from page to page. Any order is fine as long as it stays the same: if it changes, a
 * cursor continues at another position, and the records in between are never sent, although the walk reaches its end. Pure
 * except for its memory.
 */

/** The facts about a page of a walk that matter for its order. */
type OrderedPage = {
  /** The keys of its records, each once. */
  readonly names: readonly string[];
  /** How many of them are new. */
  readonly fresh: number;
  readonly isLast: boolean;
  /** Their times in the order of the page; empty if not known. */
  readonly timesMs: readonly number[];
};

/** A few repeated records mean nothing: a source may have one twice. */
const fewRepeats = 4;
const smallShare = 0.1;
/** So many steps in one direction do not happen by chance. */
const stepsNeeded = 9;

/** Returns a function to call with each page; it says whether the order has changed. */
export function createOrderWatch(): (page: OrderedPage) => boolean {
  let former: readonly string[] = [];
  let formerTimesMs: readonly number[] = [];
  let direction = 0;
  return (page) => {
    const { names, fresh, timesMs } = page;
    const turned = readDirection(timesMs);
    const hasTurned =
      turned !== 0 && turned === -direction && !isBehind(timesMs, formerTimesMs, direction);
    if (direction === 0) direction = turned;
    // An empty page in between says nothing about the position in the list.
    if (timesMs.length > 0) formerTimesMs = timesMs;
    const repeats = names.length - fresh;
    // A page with nothing new is handled elsewhere, unless it is the last one.
    const isMeant = fresh > 0 ? repeats > allowedRepeats(names) : page.isLast;
    const isOutOfPlace = isMeant && !continues(names.slice(0, repeats), former);
    former = names;
    return hasTurned || isOutOfPlace;
  };
}

function allowedRepeats({ length }: readonly string[]): number {
  return Math.max(fewRepeats, length * smallShare);
}

/** Whether the repeated records are the end of the page before: then nothing is between the two pages. */
function continues(repeated: readonly string[], former: readonly string[]): boolean {
  const end = new Set(former.slice(-repeated.length));
  return repeated.every((name) => end.has(name));
}

/** Whether a page comes after another one by its times: a page that is only reversed in its place loses nothing. */
function isBehind(
  timesMs: readonly number[],
  formerMs: readonly number[],
  direction: number,
): boolean {
  return direction > 0
    ? Math.min(...timesMs) >= Math.max(...formerMs)
    : Math.max(...timesMs) <= Math.min(...formerMs);
}

/** 1 if the times ascend throughout the page, -1 if they descend, 0 if neither or if they hardly change. */
function readDirection(timesMs: readonly number[]): number {
  let [up, down] = [0, 0];
  for (const [place, timeMs] of timesMs.entries()) {
    const before = timesMs[place - 1] ?? timeMs;
    if (timeMs > before) up += 1;
    if (timeMs < before) down += 1;
  }
  if (up >= stepsNeeded && down === 0) return 1;
  return down >= stepsNeeded && up === 0 ? -1 : 0;
}
