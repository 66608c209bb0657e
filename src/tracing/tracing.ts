/** Traces of the runs for an OpenTelemetry collector. Nothing of OpenTelemetry is loaded unless there is one. */
import type { Log } from '../logger.ts';
import type { Proxies } from '../proxy.ts';
import type { SyncEvent } from '../ingest/events.ts';

/** Makes spans of the engine's events. One for all accounts of a process. */
export type Tracing = {
  trace(account: string, event: SyncEvent): void;
  /** Sends what is left and waits for that, but for a few seconds at most. */
  close(): Promise<void>;
};

/** Who sends the traces, and where to. */
export type TracingOptions = {
  /** Address of the collector, without the path of the traces; undefined for no traces. */
  readonly endpoint: string | undefined;
  /** The proxies on the way there. */
  readonly proxies: Proxies | undefined;
  readonly version: string;
  readonly log: Log;
  /** How long one attempt to send may take, and the last one when it is closed. Default 3000. */
  readonly timeoutMs?: number;
};

const usualTimeoutMs = 3000;

/** Begins to trace. A collector that fails or hangs is told of in the log and disturbs nothing else. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint, timeoutMs = usualTimeoutMs, ...rest } = options;
  if (endpoint === undefined) return { trace() {}, close: async () => {} };
  const { startTracing } = await import('./open-telemetry.ts');
  return startTracing({ ...rest, endpoint, timeoutMs });
}
