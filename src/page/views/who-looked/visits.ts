/** The reports that answer who looked. */
import { refuseInput } from '../../../errors.ts';
import { readNetwork } from '../../../reports/address/network.ts';
import { reportAddress } from '../../../reports/address/page.ts';
import { reportAgentTimeline } from '../../../reports/agent/page.ts';
import type { Filters } from '../../../reports/evidence-package/selection.ts';
import type { ReportContent, ReportScope, ReportSpan } from '../../../reports/shared/report.ts';
import { reportSubject } from '../../../reports/subject/page.ts';
import { reportTicket } from '../../../reports/ticket/page.ts';
import { readSpan } from '../../parameters.ts';
import type { Asked, Role } from '../../question.ts';
import { withoutColumn } from '../../report-answer.ts';
import { meaningKinds, tiers, usualDays, type MeaningKind, type Tier } from './meaning.ts';

/** What is looked up. */
export type VisitsQuestion = {
  readonly kind: MeaningKind;
  readonly id: string;
  readonly tier: Tier;
  readonly span: ReportSpan;
};

/** @throws {KnownError} `bad_input` for parameters of another form */
export function readVisitsQuestion(asked: Asked): VisitsQuestion {
  const { parameters } = asked;
  const kind = meaningKinds.find((each) => each === parameters.get('kind'));
  if (kind === undefined)
    throw refuseInput([`The kind is unknown. Use ${meaningKinds.join(', ')}.`]);
  const tier = tiers.find((each) => each === parameters.get('tier')) ?? 'confirmed';
  return {
    kind,
    id: readId(kind, parameters.get('id') ?? ''),
    tier,
    span: readSpan(asked, usualDays[kind]),
  };
}

function readId(kind: MeaningKind, text: string): string {
  const form = kind === 'agent' ? /^-?\d{1,18}$/ : /^[1-9]\d{0,17}$/;
  const id = kind === 'address' ? readNetwork(text) : form.exec(text)?.[0];
  if (id !== undefined) return id;
  throw refuseInput([
    kind === 'address'
      ? `The address is "${text}". Use one such as 203.0.113.9 or 203.0.113.0/24.`
      : `The id is "${text}". Use digits only.`,
  ]);
}

/**
 * The report about the visits, without what people typed for somebody who may not see it.
 *
 * @throws {KnownError} `bad_input` as the reports do
 */
export async function reportVisits(
  scope: ReportScope,
  { kind, id, tier, span }: VisitsQuestion,
  role: Role,
): Promise<ReportContent> {
  const lines = { span, requests: false, fields: 'usual' } as const;
  const withholdSearches = role === 'reader';
  if (kind === 'agent' || kind === 'address') {
    const report =
      kind === 'agent'
        ? await reportAgentTimeline(scope, { agent: id, ...lines })
        : await reportAddress(scope, { network: id, ...lines });
    return withholdSearches ? withoutColumn(report, 'search_query') : report;
  }
  if (tier === 'refused') {
    const type = kind === 'person' ? 'user' : 'ticket';
    return reportTicket(scope, { ticket: id, type, outcomes: 'refused', ...lines });
  }
  if (kind === 'ticket' && tier === 'confirmed') {
    const report = await reportTicket(scope, { ticket: id, outcomes: 'answered', ...lines });
    return withoutColumn(report, 'outcome');
  }
  const report = await reportSubject(scope, {
    user: kind === 'person' ? id : undefined,
    tickets: kind === 'ticket' ? [id] : [],
    pseudonymise: false,
    only: tier,
    withholdSearches,
    ...lines,
  });
  // All rows are of one tier, and those of the other have no one resource.
  return withoutColumn(tier === 'possible' ? withoutColumn(report, 'resource_id') : report, 'tier');
}

/** The rows of an evidence package about the same. */
export function filterBy({ kind, id }: VisitsQuestion): Filters {
  const only = (wanted: MeaningKind): readonly string[] => (kind === wanted ? [id] : []);
  return {
    agents: only('agent'),
    users: only('person'),
    tickets: only('ticket'),
    addresses: only('address'),
  };
}
