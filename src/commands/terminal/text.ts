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

/** A text in lines of at most a number of columns, broken at spaces if possible. */
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

/**
 * Lines for a terminal of this width; each that is too long continues in the next line, indented by two columns. Without a
 * terminal they are unchanged.
 */
export function wrapLines(lines: readonly string[], width: number | undefined): string[] {
  if (width === undefined) return [...lines];
  return lines.flatMap((line) => {
    if (measureText(line) <= width) return [line];
    const [first = '', ...more] = wrapText(line, Math.max(narrowestLine, width));
    const rest = line.slice(first.length).trimStart();
    return more.length === 0
      ? [first]
      : [first, ...wrapText(rest, Math.max(narrowestLine, width) - 2).map((part) => `  ${part}`)];
  });
}

/** In a narrower window nothing can be read anyway. */
const narrowestLine = 20;

/** The width of a stream if it is a terminal and knows its width: some that programs make say 0. */
export function widthOf({
  isTTY,
  columns,
}: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}
