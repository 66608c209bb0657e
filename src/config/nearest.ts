/** What somebody may have meant by a name that is none. */
import leven from 'leven';

/** The known name that is nearest to one that is not known, whatever its case; undefined where none is near. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  const written = name.toLowerCase();
  // A third of the letters may be wrong: more than that is another word.
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
