/** A span for each run; in it one for each page; in that one for the request and one for the writing. */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { SyncEvent } from '../ingest/events.ts';

/** Spans of events; their attributes are keys, numbers and sentences of this program, nothing from Zendesk's records. */
type RunSpans = {
  note(account: string, event: SyncEvent): void;
  /** Ends the spans of runs that have not ended. */
  end(): void;
};

/** The prefix of this program's attributes. */
const prefix = 'zendesk_log_sync';

/**
 * Creates the spans with a tracer. In one process a task of a stream runs only once at a time, so the task identifies its
 * pages.
 */
export function createRunSpans(tracer: Tracer): RunSpans {
  const running = new Map<string, Span>();

  return {
    note(account, event) {
      if (!('task' in event)) return;
      const key = JSON.stringify([account, event.stream, event.task]);
      if (event.type === 'run-started') {
        running.set(key, begin(tracer, account, event));
        return;
      }
      const span = running.get(key);
      if (span === undefined) return;
      if (event.type === 'page') addPage(tracer, span, event);
      if (event.type === 'run') {
        running.delete(key);
        finish(span, event);
      }
    },
    end() {
      for (const span of running.values()) span.end();
      running.clear();
    },
  };
}

function begin(
  tracer: Tracer,
  account: string,
  { stream, task, run }: EventOf<'run-started'>,
): Span {
  return tracer.startSpan(
    `${task} ${stream}`,
    {
      attributes: {
        [`${prefix}.account`]: account,
        [`${prefix}.stream`]: stream,
        [`${prefix}.task`]: task,
        [`${prefix}.run`]: run,
      },
    },
    ROOT_CONTEXT,
  );
}

function addPage(tracer: Tracer, parent: Span, event: EventOf<'page'>): void {
  const { times } = event;
  if (times === undefined) return;
  const within = trace.setSpan(ROOT_CONTEXT, parent);
  const page = tracer.startSpan(
    `page ${event.stream}`,
    {
      startTime: times.askedMs,
      attributes: {
        [`${prefix}.rows`]: event.rows,
        [`${prefix}.rows_new`]: event.newRows,
        [`${prefix}.rows_changed`]: event.changedRows,
        ...(event.requestId === undefined ? {} : { 'zendesk.request_id': event.requestId }),
      },
    },
    within,
  );
  const withinPage = trace.setSpan(ROOT_CONTEXT, page);
  tracer
    .startSpan('request', { startTime: times.askedMs, kind: SpanKind.CLIENT }, withinPage)
    .end(times.answeredMs);
  tracer
    .startSpan('write', { startTime: times.writtenFromMs, kind: SpanKind.CLIENT }, withinPage)
    .end(times.writtenMs);
  page.end(times.writtenMs);
}

function finish(span: Span, { outcome, counts, error }: EventOf<'run'>): void {
  span.setAttribute(`${prefix}.outcome`, outcome);
  if (counts !== undefined)
    span.setAttributes({
      [`${prefix}.requests`]: counts.requests,
      [`${prefix}.rows_new`]: counts.new,
      [`${prefix}.rows_changed`]: counts.changed,
      [`${prefix}.rows_late`]: counts.late,
    });
  if (outcome === 'failed' || outcome === 'unavailable')
    span.setStatus({
      code: SpanStatusCode.ERROR,
      ...(error === undefined ? {} : { message: error }),
    });
  span.end();
}

type EventOf<Type extends SyncEvent['type']> = Extract<SyncEvent, { readonly type: Type }>;
