/** What reading a gap now would cost. */
import type { Queryable } from '../../../database/client.ts';
import { previewGaps, type GapCost } from '../../../ingest/gap-cost.ts';
import { listClosable } from '../../../ingest/gaps.ts';
import { fromSeconds, intersect, type Span } from '../../../span.ts';
import type { LogStream } from '../../../streams/stream.ts';
import type { Asked } from '../../question.ts';
import { loadHistories, settingsOf } from './load-histories.ts';

/** What would be read, and what it costs. */
export type GapPreview = {
  /** What of the chosen span reading may close. */
  readonly spans: readonly { readonly from: Date; readonly until: Date }[];
  /** Null where there is nothing to read. */
  readonly cost: GapCost | null;
};

/** So many spans are listed. */
const listed = 100;

/** What closing the gaps of a span of a log takes. */
export async function loadGapCost(
  db: Queryable,
  { service, now }: Pick<Asked, 'service' | 'now'>,
  { account, log, from, to }: Span & { readonly account: string; readonly log: LogStream },
): Promise<GapPreview> {
  const [told] = await loadHistories(db, service, { account, stream: log.name }, now);
  const spans = intersect(listClosable(told?.history.gaps ?? []), [{ from, to }]);
  const config = settingsOf(service, account);
  return {
    spans: spans
      .slice(0, listed)
      .map((span) => ({ from: fromSeconds(span.from), until: fromSeconds(span.to) })),
    cost:
      spans.length === 0
        ? null
        : await previewGaps(db, { account, stream: log.name }, spans, {
            pageSize: config?.pageSizes[log.name] ?? log.source.pageSize,
            requestsPerMinute:
              config?.budgets[log.budget.name] ?? log.budget.setting.requestsPerMinute,
          }),
  };
}
