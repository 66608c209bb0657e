/** Texts of the logs are written by whoever wants to: they must not steer the terminal that shows them. */

/** Control characters, line and paragraph separators, and the marks that turn the direction of writing. */
const steering = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** Replaces each character that could steer a terminal by a space, but for those to be kept. */
export function blankControls(text: string, kept = ''): string {
  return text.replace(steering, (character) => (kept.includes(character) ? character : ' '));
}
