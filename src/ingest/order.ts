/**
 * Whether a list has kept its order from page to page. Any order will do, as long as it stays: where it changes, a cursor
 * goes on at another place, and what lies between is never sent, though the walk comes to its end. Pure but for its memory.
 */

/** A page of a walk, as far as its order is concerned. */
type OrderedPage = {
  /** What its records are known by, each once. */
  readonly names: readonly string[];
  /** How many of them had not been seen before. */
  readonly fresh: number;
  readonly isLast: boolean;
  /** Their times in the order that they came in; nothing where that is not known. */
  readonly timesMs: readonly number[];
};

/** Records that come again are no sign of anything while they are few: a source may have one twice. */
const fewRepeats = 4;
const smallShare = 0.1;
/** So many steps in one direction are no chance. */
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
    // An empty page in between says nothing of where the list is.
    if (timesMs.length > 0) formerTimesMs = timesMs;
    const repeats = names.length - fresh;
    // A page of nothing new is another matter, unless it is the last word.
    const isMeant = fresh > 0 ? repeats > allowedRepeats(names) : page.isLast;
    const isOutOfPlace = isMeant && !continues(names.slice(0, repeats), former);
    former = names;
    return hasTurned || isOutOfPlace;
  };
}

function allowedRepeats({ length }: readonly string[]): number {
  return Math.max(fewRepeats, length * smallShare);
}

/** Whether the records that come again are the end of the page before: then nothing lies between the two. */
function continues(repeated: readonly string[], former: readonly string[]): boolean {
  const end = new Set(former.slice(-repeated.length));
  return repeated.every((name) => end.has(name));
}

/** Whether a page lies behind another one by its times: one that is only turned around in its place loses nothing. */
function isBehind(
  timesMs: readonly number[],
  formerMs: readonly number[],
  direction: number,
): boolean {
  return direction > 0
    ? Math.min(...timesMs) >= Math.max(...formerMs)
    : Math.max(...timesMs) <= Math.min(...formerMs);
}

/** 1 when the times ascend all through a page, -1 when they descend, 0 when they do neither or hardly move. */
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
