/** Zendesk's own CSV of the audit log, which Zendesk sends by e-mail (contract 3). */
import type { ReportSpan } from '../shared/report.ts';

/** The filters of the file; undefined and empty ones are not used. */
export type ExportFilters = {
  readonly span: ReportSpan | undefined;
  /** An id, an e-mail address or a name. */
  readonly actor: string | undefined;
  readonly actions: readonly string[];
  readonly sourceType: string | undefined;
  /** Only together with `sourceType`. */
  readonly sourceId: string | undefined;
  readonly ipAddress: string | undefined;
};
