/** A hash of a text in two words: an object for each text would be garbage. */

/** Writes 64 bits that depend on a text into `words`: FNV-1a, and a second hash. Not against texts that are made to collide. */
export function hashText(text: string, words: Uint32Array): void {
  let hash = 0x811c9dc5;
  let step = 0x9e3779b9;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    hash = Math.imul(hash ^ code, 0x01000193);
    step = Math.imul(step ^ code, 0x85ebca6b) ^ (step >>> 13);
  }
  words[0] = hash;
  words[1] = step;
}
