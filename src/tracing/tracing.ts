/** Traces of the runs for an OpenTelemetry collector. Nothing of OpenTelemetry is loaded unless there is one. */
import type { Log } from '../logger.ts';
import type { Proxies } from '../proxy.ts';
import type { SyncEvent } from '../ingest/events.ts';

/** Makes spans from the engine's events. One for all accounts of a process. */
export type Tracing = {
  trace(account: string, event: SyncEvent): void;
  /** Sends the rest and waits for it, at most a few seconds. */
  close(): Promise<void>;
};

/** The sender of the traces, and their destination. */
export type TracingOptions = {
  /** Address of the collector, without the path of the traces; undefined for no traces. */
  readonly endpoint: string | undefined;
  /** The proxies to use. */
  readonly proxies: Proxies | undefined;
  readonly version: string;
  readonly log: Log;
  /** How long one attempt to send may take, including the last one at the end. Default 3000. */
  readonly timeoutMs?: number;
};

const usualTimeoutMs = 3000;

/** Starts tracing. If a collector fails or hangs, the log says so and nothing else is affected. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint, timeoutMs = usualTimeoutMs, ...rest } = options;
  if (endpoint === undefined) return { trace() {}, close: async () => {} };
  const { startTracing } = await import('./open-telemetry.ts');
  return startTracing({ ...rest, endpoint, timeoutMs });
}
