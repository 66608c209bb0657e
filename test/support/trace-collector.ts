/** What an OpenTelemetry collector received, over HTTP and as JSON. */
import assert from 'node:assert/strict';
import type { Receiver } from './receiver.ts';

type Value = { stringValue?: string; intValue?: number; doubleValue?: number; boolValue?: boolean };
type Attributes = { key: string; value: Value }[];
type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Attributes;
  status?: { code?: number; message?: string };
};
type Body = {
  resourceSpans: {
    resource: { attributes: Attributes };
    scopeSpans: { scope: { name: string; version: string }; spans: SentSpan[] }[];
  }[];
};

/** A parsed span. */
export type CollectedSpan = Omit<SentSpan, 'attributes'> & {
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>;
};

/** All received spans, with the attributes of their sender. */
export function readSpans({ received }: Receiver): {
  readonly spans: CollectedSpan[];
  readonly resource: CollectedSpan['attributes'];
} {
  const spans: CollectedSpan[] = [];
  let resource: CollectedSpan['attributes'] = {};
  for (const { method, path, body } of received) {
    assert.deepEqual([method, path], ['POST', '/v1/traces']);
    for (const part of (JSON.parse(body) as Body).resourceSpans) {
      resource = readAttributes(part.resource.attributes);
      for (const { scope, spans: sent } of part.scopeSpans) {
        assert.equal(scope.name, 'zendesk-log-sync');
        for (const span of sent)
          spans.push({ ...span, attributes: readAttributes(span.attributes ?? []) });
      }
    }
  }
  return { spans, resource };
}

function readAttributes(attributes: Attributes): CollectedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue,
    ]),
  );
}
