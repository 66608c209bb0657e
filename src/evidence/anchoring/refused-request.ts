/** What a bucket answered that did not do what it was asked. */
import { KnownError } from '../../errors.ts';
import type { Answer } from './exchange.ts';

/** The error that says so. */
export function refused(name: string, deed: string, path: string, answer: Answer): KnownError {
  const { status } = answer;
  const code = codeOf(answer);
  return new KnownError('anchor_failed', {
    found: `In ${name}, ${path} cannot be ${deed} (${status}${code === undefined ? '' : `, ${code}`})`,
    wayOut: adviseOn(status),
    status,
  });
}

/** What S3 calls an error. */
export function codeOf({ status, body }: Answer): string | undefined {
  return status < 300 ? undefined : /<Code>(\w{1,60})<\/Code>/.exec(body.toString())?.[1];
}

function adviseOn(status: number): string {
  if (status === 403)
    return 'Check the AWS_ settings, and that they allow s3:PutObject and s3:GetObject there';
  if (status === 404) return 'Check that the bucket is there, and AWS_ENDPOINT_URL';
  if (status === 301 || status === 307 || status === 400)
    return 'Check AWS_REGION and AWS_ENDPOINT_URL';
  if (status === 501)
    return 'Use a service that knows If-None-Match: *, without which something could be overwritten';
  return 'It is tried again';
}
