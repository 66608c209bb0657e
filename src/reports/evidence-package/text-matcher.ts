/** Compares a stream of bytes with the expected text, piece by piece. */

/** Whether the bytes are those that are expected. */
type TextMatcher = {
  /** Takes as many bytes as the text has. @returns whether they are equal */
  readonly take: (text: string) => Promise<boolean>;
  readonly isAtEnd: () => Promise<boolean>;
};

/** Prepares to compare. */
export function createTextMatcher(bytes: AsyncGenerator<Buffer>): TextMatcher {
  let rest = Buffer.alloc(0);
  const fill = async (length: number): Promise<void> => {
    while (rest.length < length) {
      const next = await bytes.next();
      if (next.done === true) return;
      rest = Buffer.concat([rest, next.value]);
    }
  };
  return {
    async take(text) {
      const expected = Buffer.from(text);
      await fill(expected.length);
      const isSame = rest.subarray(0, expected.length).equals(expected);
      rest = rest.subarray(expected.length);
      return isSame;
    },
    async isAtEnd() {
      await fill(1);
      return rest.length === 0;
    },
  };
}
