/** Makes a message the text of a channel. Names come from outside: they must change nothing but themselves. Pure. */
import { showMinute } from './conditions.ts';
import type { Message } from './message.ts';

/** A message that waits, and when it was made. */
export type DatedMessage = { readonly message: Message; readonly madeAt: Date };

const mostLine = 500;
/** Slack cuts longer ones. */
const mostText = 20_000;
const product = 'zendesk-log-sync';

/** The subject of a mail: one line. */
export function writeSubject(messages: readonly DatedMessage[]): string {
  const newest = messages.at(-1)?.message.title ?? '';
  const more = messages.length < 2 ? '' : ` (and ${messages.length - 1} before)`;
  return `[${product}] ${clean(newest)}${more}`;
}

/** The messages as text for a person. */
export function writePlain(messages: readonly DatedMessage[]): string {
  return write(messages, clean);
}

/** The same for Slack and compatible receivers: nothing in it is a mention, a link or formatting. */
export function writeSlack(messages: readonly DatedMessage[]): string {
  return write(messages, (text) => disarm(clean(text)));
}

function write(messages: readonly DatedMessage[], show: (text: string) => string): string {
  const text = messages.map((each) => writeOne(each, show)).join('\n\n');
  return text.length <= mostText ? text : `${text.slice(0, mostText).toWellFormed()}\n…`;
}

function writeOne({ message, madeAt }: DatedMessage, show: (text: string) => string): string {
  return [
    `${product}: ${show(message.title)} (${showMinute(madeAt)})`,
    ...message.sections.flatMap(({ heading, lines }) => [
      '',
      show(heading),
      ...lines.map((line) => `- ${show(line)}`),
    ]),
  ].join('\n');
}

/** One line of limited length, without invisible characters or characters that change the direction of text. */
function clean(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '')
    .trim();
  return line.length <= mostLine ? line : `${line.slice(0, mostLine).toWellFormed()}…`;
}

/** Breaks what Slack and Mattermost treat as more than text with a zero-width space. */
const gap = '\u200B';

function disarm(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/(?<![\p{L}\p{N}])@(?=\p{L})/gu, `@${gap}`)
    .replaceAll('://', `:${gap}//`)
    .replaceAll('](', `]${gap}(`);
}
