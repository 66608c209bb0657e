/** The values of settings that are addresses of HTTP, as those of `values.ts`. */
import { textOf } from './values.ts';

/** An address of HTTP that may be secret as a whole, so that it needs no login. */
export function readHttpAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password } = new URL(text);
  return ['https:', 'http:'].includes(protocol) && `${username}${password}` === ''
    ? text
    : undefined;
}

/** `HEARTBEAT_URL`; only its form is checked. */
export const heartbeatUrl = textOf(
  readHttpAddress,
  'Use an address such as https://hc-ping.com/your-uuid, without a user name or password',
);

/** `OTEL_EXPORTER_OTLP_ENDPOINT`. */
export const collectorEndpoint = textOf((text) => {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['https:', 'http:'].includes(protocol) && `${username}${password}${search}${hash}` === ''
    ? text
    : undefined;
}, 'Use an address such as http://localhost:4318, without a user name, password or query. Put credentials into OTEL_EXPORTER_OTLP_HEADERS');
