/** The values of single settings of the sealed log, as those of `values.ts`. */
import { z } from 'zod';
import { durationAdvice, parseDuration, textOf } from './values.ts';

/** `LOG_ORIGIN`: the name of a key in a signed note must not have spaces or a plus. */
export const logOrigin = textOf(
  (text) => (/^[^\s+]{1,200}$/.test(text) ? text : undefined),
  'Use a name such as acme.example/zendesk-log, of up to 200 characters, without spaces and without +',
);

/** `EVIDENCE_URL`. */
export const bucketUrl = textOf(
  readBucketUrl,
  'Use a bucket and a prefix such as s3://acme-evidence/zendesk, without credentials',
);

/** A bucket and a prefix; undefined for another text. */
export function readBucketUrl(
  text: string,
): { readonly bucket: string; readonly prefix: string } | undefined {
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([^?#]*))?$/.exec(text) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: prefix.replaceAll(/^\/+|\/+$/g, '') };
}

/** `AWS_REGION`. */
export const awsRegion = z.string().regex(/^[a-z0-9-]{1,40}$/, {
  error: 'Use a region such as eu-central-1',
});

/** An address outside that is shown in status and in the log: without credentials. */
export function outsideUrl(example: string) {
  return textOf(readOutsideUrl, adviseOnOutsideUrl(example));
}

/** Several of them, separated by commas or spaces. */
export function outsideUrls(example: string) {
  return textOf(
    (text) => {
      const given = text.split(/[\s,]+/).filter((each) => each !== '');
      const urls = given.flatMap((each) => readOutsideUrl(each) ?? []);
      return urls.length === given.length ? urls : undefined;
    },
    `${adviseOnOutsideUrl(example)}. Separate several by commas`,
  );
}

function readOutsideUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['https:', 'http:'].includes(protocol) && `${username}${password}${search}${hash}` === ''
    ? text
    : undefined;
}

function adviseOnOutsideUrl(example: string): string {
  return `Use an address such as ${example}, without a user name, password or query`;
}

/** `ANCHOR_EVERY`, in milliseconds. */
export const anchorEvery = textOf((text) => {
  const ms = parseDuration(text);
  return ms !== undefined && ms <= 86_400_000 ? ms : undefined;
}, `Use a duration from 1s to 1d such as 1h: ${durationAdvice}`);

/** A cron expression of five fields that `isSchedule` accepts; undefined for `off`. */
export function scheduleOrOff(isSchedule: (text: string) => boolean) {
  const isCron = (text: string): boolean =>
    text.trim().split(/\s+/).length === 5 && isSchedule(text.trim());
  return z.string().transform((text, context) => {
    if (text.trim() === 'off') return undefined;
    if (isCron(text)) return text.trim();
    context.addIssue({
      code: 'custom',
      message:
        'Use a cron expression with five fields such as 17 2 * * * (minute, hour, day of month, month, day of week; UTC), or off',
    });
    return z.NEVER;
  });
}
