/** The OpenTelemetry SDK, set up without globals: only the spans of `run-spans.ts` go through it. */
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { Log } from '../logger.ts';
import { chooseProxy, throughProxy } from '../proxy.ts';
import { createRunSpans } from './run-spans.ts';
import type { Tracing, TracingOptions } from './tracing.ts';

const name = 'zendesk-log-sync';
/** The path of the protocol, below the address of the collector. */
const tracesPath = '/v1/traces';

/** Starts the SDK. It uses the variables OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS. */
export function startTracing(
  options: Required<TracingOptions> & { readonly endpoint: string },
): Tracing {
  const { endpoint, proxies, version, log, timeoutMs } = options;
  const url = `${endpoint.replace(/\/+$/, '')}${tracesPath}`;
  const sender = new OTLPTraceExporter({
    url,
    httpAgentOptions: { keepAlive: true, ...throughProxy(proxies && chooseProxy(proxies, url)) },
    timeoutMillis: timeoutMs,
  });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': name, 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: watchExporter(sender, log) })],
  });
  const spans = createRunSpans(provider.getTracer(name, version));
  return {
    trace: (account, event) => spans.note(account, event),
    async close() {
      spans.end();
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/** Logs failures once, when they begin and when they end, without the words of the collector. */
function watchExporter(exporter: SpanExporter, log: Log): SpanExporter {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !failing)
          log.warn({}, 'OTEL_EXPORTER_OTLP_ENDPOINT does not accept traces; runs continue');
        if (!failed && failing) log.info({}, 'OTEL_EXPORTER_OTLP_ENDPOINT accepts traces again');
        failing = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
