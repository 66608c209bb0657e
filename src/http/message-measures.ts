/** What is sent to people, as numbers: alerts by their channels, and scheduled reports. */
import type { Queryable } from '../database/client.ts';

type ChannelMeasures = {
  readonly channel: string;
  /** Messages of the last 30 days by what became of them. */
  readonly delivered: number;
  readonly waiting: number;
  readonly givenUp: number;
  /** How many times it has failed since it last took something. */
  readonly failures: number;
};

type ReportMeasures = {
  readonly account: string;
  readonly report: string;
  readonly hasFailed: boolean;
  /** Seconds since 1970. */
  readonly nextAt: number;
};

/** All of it. */
export type MessageMeasures = {
  readonly channels: readonly ChannelMeasures[];
  readonly reports: readonly ReportMeasures[];
};

/** Measures what is sent. */
export async function loadMessageMeasures(db: Queryable): Promise<MessageMeasures> {
  const channels = await db.query<ChannelMeasures>(
    `select m.channel, count(*) filter (where m.delivered_at is not null)::float8 as delivered,
       count(*) filter (where m.delivered_at is null and m.given_up_at is null)::float8 as waiting,
       count(*) filter (where m.given_up_at is not null)::float8 as "givenUp",
       coalesce(max(c.failures), 0)::float8 as failures
     from zendesk_sync.alert_messages m left join zendesk_sync.alert_channels c on c.channel = m.channel
     where m.created_at > now() - interval '30 days'
     group by m.channel order by m.channel`,
  );
  const reports = await db.query<ReportMeasures>(
    `select account, report, error is not null as "hasFailed", extract(epoch from next_due_at)::float8 as "nextAt"
     from zendesk_sync.scheduled_reports where next_due_at > now() - interval '1 day' order by account, report`,
  );
  return { channels, reports };
}
