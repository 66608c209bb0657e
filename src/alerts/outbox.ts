/** The messages that wait for their channel, and the state of each channel: of several processes, one delivers. */
import type { Queryable } from '../database/client.ts';
import type { Channel } from './channel.ts';
import { showMinute } from './conditions.ts';
import type { Message } from './message.ts';

/** A message that waits. */
type WaitingMessage = { readonly id: string; readonly content: Message; readonly created_at: Date };

/** How it stands with a channel. */
export type ChannelStanding = {
  readonly channel: string;
  readonly succeeded_at: Date | null;
  /** How many times it has failed since. */
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly error: string | null;
  /** How many messages wait for it. */
  readonly waiting: number;
};

/** A process that dies at work on a channel blocks the others for this time. */
const claim = '2 minutes';
/** A failure is retried after this time, then after twice as long each time. */
const retrySeconds = { first: 15, most: 1800 };
/** Older messages help nobody. */
const longestDays = 3;
const keptDays = 30;
/** They go as one. */
const mostAtOnce = 20;

/** Puts a message into the outbox of each channel. */
export async function queueMessage(
  tx: Queryable,
  channels: readonly Pick<Channel, 'name'>[],
  kind: 'news' | 'digest',
  message: Message,
  now: Date,
): Promise<void> {
  await tx.query(
    `insert into zendesk_sync.alert_messages (channel, kind, content, created_at)
     select channel, $2, $3, $4 from unnest($1::text[]) as c (channel)`,
    [channels.map(({ name }) => name), kind, JSON.stringify(message), now],
  );
  await tx.query(
    `delete from zendesk_sync.alert_messages where created_at < clock_timestamp() - interval '${keptDays} days'`,
  );
}

/** When messages with news were made within the last hour. */
export async function loadSent(tx: Queryable): Promise<readonly Date[]> {
  const rows = await tx.query<{ created_at: Date }>(
    `select distinct created_at from zendesk_sync.alert_messages
     where kind = 'news' and created_at > clock_timestamp() - interval '1 hour'`,
  );
  return rows.map(({ created_at: moment }) => moment);
}

/** Takes a channel if messages wait for it, it is due, and no other process works on it. @returns the messages */
export async function claimMessages(
  db: Queryable,
  { name }: Pick<Channel, 'name'>,
): Promise<readonly WaitingMessage[]> {
  await db.query(
    `update zendesk_sync.alert_messages set given_up_at = clock_timestamp()
     where channel = $1 and delivered_at is null and given_up_at is null
       and created_at < clock_timestamp() - interval '${longestDays} days'`,
    [name],
  );
  const claimed = await db.query(
    `insert into zendesk_sync.alert_channels as c (channel, claimed_until)
     select $1, clock_timestamp() + interval '${claim}'
     where exists (
       select from zendesk_sync.alert_messages where channel = $1 and delivered_at is null and given_up_at is null
     )
     on conflict (channel) do update set claimed_until = excluded.claimed_until
     -- What lies further ahead was noted before the clock was set back.
     where not c.due_at between clock_timestamp() and clock_timestamp() + interval '${retrySeconds.most} seconds'
       and (c.claimed_until is null or not c.claimed_until between clock_timestamp() and clock_timestamp() + interval '${claim}')
     returning 1`,
    [name],
  );
  if (claimed.length === 0) return [];
  return db.query<WaitingMessage>(
    `select id::text as id, content, created_at from zendesk_sync.alert_messages
     where channel = $1 and delivered_at is null and given_up_at is null order by id limit ${mostAtOnce}`,
    [name],
  );
}

/** Records that a channel took messages. */
export async function noteDelivered(
  db: Queryable,
  { name }: Pick<Channel, 'name'>,
  ids: readonly string[],
): Promise<void> {
  await db.query(
    `with delivered as (
       update zendesk_sync.alert_messages set delivered_at = clock_timestamp() where id = any ($2::bigint[])
     )
     update zendesk_sync.alert_channels
     set claimed_until = null, due_at = clock_timestamp(), succeeded_at = clock_timestamp(), failures = 0,
       failing_since = null, error = null
     where channel = $1`,
    [name, ids],
  );
}

/** Records that a channel took nothing, why, and when to try again. */
export async function noteRefused(
  db: Queryable,
  { name }: Pick<Channel, 'name'>,
  reason: string,
): Promise<void> {
  await db.query(
    `update zendesk_sync.alert_channels
     set claimed_until = null, failures = failures + 1, error = $2,
       failing_since = coalesce(failing_since, clock_timestamp()),
       due_at = clock_timestamp() + least(${retrySeconds.most}, ${retrySeconds.first} * 2 ^ least(failures, 20)) * interval '1 second'
     where channel = $1`,
    [name, reason],
  );
}

/** Leaves a channel to the next process. */
export async function returnChannel(db: Queryable, { name }: Pick<Channel, 'name'>): Promise<void> {
  await db.query('update zendesk_sync.alert_channels set claimed_until = null where channel = $1', [
    name,
  ]);
}

/** The channels that messages were sent to. */
export async function loadChannels(db: Queryable): Promise<readonly ChannelStanding[]> {
  return db.query<ChannelStanding>(
    `select c.channel, c.succeeded_at, c.failures, c.failing_since, c.error,
       (
         select count(*)::integer from zendesk_sync.alert_messages m
         where m.channel = c.channel and m.delivered_at is null and m.given_up_at is null
       ) as waiting
     from zendesk_sync.alert_channels c order by c.channel desc`,
  );
}

/** That a channel takes nothing: since when, why, what waits. Undefined if it does. */
export function describeFailing(standing: ChannelStanding): string | undefined {
  const { channel, failing_since: since, error, waiting } = standing;
  if (since === null) return undefined;
  const messages = waiting === 1 ? 'one message waits' : `${waiting} messages wait`;
  return `alerts by ${channel} have not arrived since ${showMinute(since)}: ${error ?? 'no reason known'}; ${messages}`;
}
