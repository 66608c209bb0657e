/** What somebody may have meant by an unknown name. */
import leven from 'leven';

/** The known name nearest to an unknown one, in upper or lower case; undefined if none is near. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  const written = name.toLowerCase();
  // Up to a third of the letters may be wrong: with more it is another word.
  let least = Math.floor(name.length / 3) + 1;
  let nearest: string | undefined;
  for (const each of known) {
    const distance = leven(written, each.toLowerCase(), { maxDistance: least });
    if (distance >= least) continue;
    least = distance;
    nearest = each;
  }
  return nearest;
}
