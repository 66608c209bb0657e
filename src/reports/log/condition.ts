/** Which records of the audit log pass a filter. */
import type { ReportSpan } from '../shared/report.ts';

/** What records have to do with. Empty lists and undefined: anything. */
export type ChangeFilter = {
  readonly span: ReportSpan;
  readonly sourceTypes: readonly string[];
  readonly sourceId: string | undefined;
  /** An address or a network. */
  readonly network: string | undefined;
  readonly actions: readonly string[];
  /** A part of the name of the thing or of the description, as people read them; upper and lower case alike. */
  readonly text: string | undefined;
  /** Whether a text is not looked for in changes of tickets, because who asks may not see what people typed there. */
  readonly withholdsTickets?: boolean;
};

/** The condition on `audit_logs` as `a`, with its values. */
export function selectChanges(
  account: string,
  { span, sourceTypes, sourceId, network, actions, text, withholdsTickets = false }: ChangeFilter,
  actorId: string | undefined,
): { readonly condition: string; readonly values: readonly unknown[] } {
  return {
    condition: `a.account = $1 and a.created_at >= $2 and a.created_at < $3
       and ($4::text[] is null or a.source_type = any ($4::text[]))
       and ($5::bigint is null or a.source_id = $5::bigint)
       and ($6::bigint is null or a.actor_id = $6::bigint)
       and ($7::inet is null or a.ip_address <<= $7::inet)
       and ($8::text[] is null or a.action = any ($8::text[]))
       and ($9::text is null or not ($10::boolean and zendesk_sync.is_of_ticket(a.source_type))
         and (strpos(lower(zendesk.clean_text(a.source_label)), lower($9)) > 0
           or strpos(lower(zendesk.clean_text(a.change_description)), lower($9)) > 0))`,
    values: [
      account,
      span.from,
      span.to,
      orNull(sourceTypes),
      sourceId ?? null,
      actorId ?? null,
      network ?? null,
      orNull(actions),
      text ?? null,
      withholdsTickets,
    ],
  };
}

function orNull(texts: readonly string[]): string[] | null {
  return texts.length === 0 ? null : [...texts];
}
