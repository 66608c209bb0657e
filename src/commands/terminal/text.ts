/** Texts as terminals show them: some characters take two columns, some take none. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const plainText = /^[\x20-\x7E]*$/;
const wide =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]/u;

/** How many columns of a terminal a text takes. */
export function measureText(text: string): number {
  if (plainText.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) columns += wide.test(segment) ? 2 : 1;
  return columns;
}

/** A text cut to a number of columns; the last one says that it was. */
export function cutText(text: string, width: number): string {
  // Nothing beyond the cut is looked at: texts may be long as books.
  if (plainText.test(text.slice(0, width + 1)))
    return text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`;
  let cut = '';
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) {
    const own = wide.test(segment) ? 2 : 1;
    if (columns + own > width - 1) {
      const isWhole = cut.length + segment.length === text.length && columns + own <= width;
      return isWhole ? text : `${cut.trimEnd()}…`;
    }
    cut += segment;
    columns += own;
  }
  return cut;
}

/** A text in lines of at most a number of columns, broken at spaces where there are any. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) {
    const own = wide.test(segment) ? 2 : 1;
    if (columns + own > width) {
      const space = segment === ' ' ? line.length : line.lastIndexOf(' ');
      lines.push(space > 0 ? line.slice(0, space) : line);
      line = space > 0 ? line.slice(space + 1) : '';
      columns = measureText(line);
      if (segment === ' ') continue;
    }
    line += segment;
    columns += own;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}
