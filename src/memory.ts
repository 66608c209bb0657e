import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Keeps the garbage of pages small: otherwise V8 would let the heap grow to several times the memory in use before it cleans
 * up (docs/performance.md).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}

/** Of the space for new objects: most of a page fits, so that little of it is copied before it is garbage. */
const pageBytes = 16e6;
/** One or two are enough, some milliseconds. Where they have no effect, the space stays as it is. */
const mostTries = 20;

/**
 * Gives the space for new objects the size that pages need. V8 takes this size from its command line only; later the space
 * grows by a factor, where much of it is still in use when it is cleaned up.
 */
export function makeRoomForPages(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  for (let tries = 0; tries < mostTries && measureNewSpace() < pageBytes; tries += 1)
    Array.from({ length: 20_000 }, (_, index) => [index]);
  setFlagsFromString('--semi-space-growth-factor=1');
}

function measureNewSpace(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name: name }) => name === 'new_space')?.space_size ?? Infinity;
}
