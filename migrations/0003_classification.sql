CREATE TABLE "zendesk"."access_log_resources" (
	"account" text collate "C" NOT NULL,
	"timestamp" timestamptz NOT NULL,
	"access_log_id" text collate "C" NOT NULL,
	"position" smallint NOT NULL,
	"kind" text NOT NULL,
	"resource_type" text collate "C",
	"resource_id" text collate "C",
	"user_id" bigint,
	"status" smallint,
	"search_query" text
) PARTITION BY RANGE ("timestamp");
--> statement-breakpoint
CREATE TABLE "zendesk"."agent_day" (
	"account" text collate "C" NOT NULL,
	"day" date NOT NULL,
	"user_id" bigint NOT NULL,
	"requests" integer NOT NULL,
	"denied" integer NOT NULL,
	"views" integer NOT NULL,
	"lists" integer NOT NULL,
	"searches" integer NOT NULL,
	"exports" integer NOT NULL,
	"writes" integer NOT NULL,
	"secrets" integer NOT NULL,
	"logs" integer NOT NULL,
	"unclassified" integer NOT NULL,
	"tickets" integer NOT NULL,
	"users" integer NOT NULL,
	"resources" integer NOT NULL,
	"addresses" integer NOT NULL,
	"bytes_sent" double precision NOT NULL,
	"first_at" timestamptz NOT NULL,
	"last_at" timestamptz NOT NULL,
	CONSTRAINT "agent_day_account_day_user_id_pk" PRIMARY KEY("account","day","user_id")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."audit_day" (
	"account" text collate "C" NOT NULL,
	"day" date NOT NULL,
	"source_type" text NOT NULL,
	"action" text NOT NULL,
	"actor_id" bigint NOT NULL,
	"changes" integer NOT NULL,
	"first_at" timestamptz NOT NULL,
	"last_at" timestamptz NOT NULL,
	CONSTRAINT "audit_day_account_day_source_type_action_actor_id_pk" PRIMARY KEY("account","day","source_type","action","actor_id")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."audit_patterns" (
	"pattern" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk"."audit_patterns_pattern_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"rule" text collate "C" NOT NULL,
	"source_types" text[],
	"actions" text[],
	"label" text,
	"description" text,
	"description_not" text,
	"severity" text
);
--> statement-breakpoint
CREATE TABLE "zendesk"."finding_rules" (
	"rule" text collate "C" PRIMARY KEY NOT NULL,
	"stream" text NOT NULL,
	"severity" text NOT NULL,
	"question" text NOT NULL,
	"title" text NOT NULL,
	"parameters" jsonb DEFAULT '{}' NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk"."resource_day" (
	"account" text collate "C" NOT NULL,
	"day" date NOT NULL,
	"resource_type" text collate "C" NOT NULL,
	"resource_id" text collate "C" NOT NULL,
	"accesses" integer NOT NULL,
	"agents" integer NOT NULL,
	"first_at" timestamptz NOT NULL,
	"last_at" timestamptz NOT NULL,
	CONSTRAINT "resource_day_account_day_resource_type_resource_id_pk" PRIMARY KEY("account","day","resource_type","resource_id")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."search_patterns" (
	"name" text collate "C" PRIMARY KEY NOT NULL,
	"expression" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk"."service_accounts" (
	"account" text collate "C" NOT NULL,
	"user_id" bigint NOT NULL,
	"note" text,
	"added_at" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "service_accounts_account_user_id_pk" PRIMARY KEY("account","user_id")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."watchlist" (
	"account" text collate "C" NOT NULL,
	"resource_type" text collate "C" NOT NULL,
	"resource_id" text collate "C" NOT NULL,
	"note" text,
	"added_at" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "watchlist_account_resource_type_resource_id_pk" PRIMARY KEY("account","resource_type","resource_id")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."classifications" (
	"account" text collate "C" PRIMARY KEY NOT NULL,
	"rules" text NOT NULL,
	"reached_at" timestamptz,
	"reached_id" text collate "C",
	"rows_read" bigint DEFAULT 0 NOT NULL,
	"rows_changed" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamptz DEFAULT now() NOT NULL,
	"ended_at" timestamptz
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."stale_days" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"day" date NOT NULL,
	CONSTRAINT "stale_days_account_stream_day_pk" PRIMARY KEY("account","stream","day")
);
--> statement-breakpoint
ALTER TABLE "zendesk"."audit_patterns" ADD CONSTRAINT "audit_patterns_rule_finding_rules_rule_fk" FOREIGN KEY ("rule") REFERENCES "zendesk"."finding_rules"("rule") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_log_resources_resource" ON "zendesk"."access_log_resources" USING btree ("resource_id") WHERE resource_id is not null;
--> statement-breakpoint
CREATE INDEX "access_log_resources_timestamp" ON "zendesk"."access_log_resources" USING brin ("timestamp") WITH (pages_per_range=32,autosummarize=true);
--> statement-breakpoint
comment on table zendesk.access_log_resources is 'What the requests of the access log were about: one row for each resource a request named, one row without resource_id for lists, searches and the like. Requests that are mere noise of the user interface have no row. Derived from access_logs and made anew by "classify --apply". Partitioned by month.';
comment on column zendesk.access_log_resources.account is 'Key of the Zendesk account.';
comment on column zendesk.access_log_resources.timestamp is 'When the request happened, as in access_logs.';
comment on column zendesk.access_log_resources.access_log_id is 'The request: access_logs.id. Join by account, timestamp and id.';
comment on column zendesk.access_log_resources.position is 'Number of the resource within its request, from 0. The first is the one the request is mainly about.';
comment on column zendesk.access_log_resources.kind is 'view, list, search, export, write, secret (a credential was read or changed), log (a log was read) or unclassified (no rule knows the request).';
comment on column zendesk.access_log_resources.resource_type is 'Type of the resource, singular: ticket, user, organization, comment, custom_object_record and so on; null when unclassified.';
comment on column zendesk.access_log_resources.resource_id is 'Id of the resource as text; null when the request names none, such as a list or a search.';
comment on column zendesk.access_log_resources.user_id is 'Who made the request, as in access_logs.';
comment on column zendesk.access_log_resources.status is 'HTTP status, as in access_logs: 2xx and 304 were shown, 401, 403 and 404 were not.';
comment on column zendesk.access_log_resources.search_query is 'What was searched for. Personal data: only zendesk_investigator may read it.';

comment on table zendesk.agent_day is 'What each team member did each day: counts of requests, for dashboards. Made from access_logs and access_log_resources; days with new rows are made anew.';
comment on column zendesk.agent_day.account is 'Key of the Zendesk account.';
comment on column zendesk.agent_day.day is 'The day, UTC.';
comment on column zendesk.agent_day.user_id is 'The team member; 0 where Zendesk named none.';
comment on column zendesk.agent_day.requests is 'Requests of all kinds, noise included.';
comment on column zendesk.agent_day.denied is 'Requests answered with 401, 403 or 404.';
comment on column zendesk.agent_day.views is 'Requests that showed a resource.';
comment on column zendesk.agent_day.lists is 'Requests that listed resources without naming them.';
comment on column zendesk.agent_day.searches is 'Searches.';
comment on column zendesk.agent_day.exports is 'Exports and incremental reads.';
comment on column zendesk.agent_day.writes is 'Requests that changed something.';
comment on column zendesk.agent_day.secrets is 'Requests that read or changed a credential.';
comment on column zendesk.agent_day.logs is 'Requests that read the audit log or the access log.';
comment on column zendesk.agent_day.unclassified is 'Requests that no rule knows.';
comment on column zendesk.agent_day.tickets is 'Different tickets named in requests that were not denied.';
comment on column zendesk.agent_day.users is 'Different users named in requests that were not denied.';
comment on column zendesk.agent_day.resources is 'Different resources of any type named in requests that were not denied.';
comment on column zendesk.agent_day.addresses is 'Different IP addresses the requests came from.';
comment on column zendesk.agent_day.bytes_sent is 'Bytes sent in answers.';
comment on column zendesk.agent_day.first_at is 'First request of the day.';
comment on column zendesk.agent_day.last_at is 'Last request of the day.';

comment on table zendesk.resource_day is 'How often each resource was accessed each day, for dashboards; denied requests are left out. Days with new rows are made anew.';
comment on column zendesk.resource_day.account is 'Key of the Zendesk account.';
comment on column zendesk.resource_day.day is 'The day, UTC.';
comment on column zendesk.resource_day.resource_type is 'Type of the resource, singular.';
comment on column zendesk.resource_day.resource_id is 'Id of the resource as text.';
comment on column zendesk.resource_day.accesses is 'Requests that named the resource.';
comment on column zendesk.resource_day.agents is 'Different team members who made them.';
comment on column zendesk.resource_day.first_at is 'First of these requests.';
comment on column zendesk.resource_day.last_at is 'Last of these requests.';

comment on table zendesk.audit_day is 'How many changes of each kind each actor made each day, for dashboards. Days with new rows are made anew.';
comment on column zendesk.audit_day.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_day.day is 'The day, UTC.';
comment on column zendesk.audit_day.source_type is 'Type of the thing that was changed; empty where Zendesk named none.';
comment on column zendesk.audit_day.action is 'Kind of change; empty where Zendesk named none.';
comment on column zendesk.audit_day.actor_id is 'Who made the changes; 0 where Zendesk named nobody.';
comment on column zendesk.audit_day.changes is 'Number of changes.';
comment on column zendesk.audit_day.first_at is 'First of these changes.';
comment on column zendesk.audit_day.last_at is 'Last of these changes.';

comment on table zendesk.finding_rules is 'The detections behind audit_findings and access_findings: severity, parameters and whether they are on. Change a row to change the rule.';
comment on column zendesk.finding_rules.rule is 'Name of the rule, as in the findings.';
comment on column zendesk.finding_rules.stream is 'The log it looks at: audit_logs or access_logs.';
comment on column zendesk.finding_rules.severity is 'high, medium, low or info, unless a pattern says otherwise.';
comment on column zendesk.finding_rules.question is 'The question the rule answers.';
comment on column zendesk.finding_rules.title is 'What a finding means, in a few words.';
comment on column zendesk.finding_rules.parameters is 'Thresholds of the rule by name.';
comment on column zendesk.finding_rules.enabled is 'False switches the rule off.';

comment on table zendesk.audit_patterns is 'How rows of the audit log are recognised for a rule. A row matches a pattern when every condition that is not null holds; another spelling of a label is another row.';
comment on column zendesk.audit_patterns.pattern is 'Number of the pattern.';
comment on column zendesk.audit_patterns.rule is 'The rule it belongs to.';
comment on column zendesk.audit_patterns.source_types is 'source_type is one of these.';
comment on column zendesk.audit_patterns.actions is 'action is one of these.';
comment on column zendesk.audit_patterns.label is 'source_label matches this regular expression, upper and lower case alike.';
comment on column zendesk.audit_patterns.description is 'The cleaned description matches this regular expression, upper and lower case alike.';
comment on column zendesk.audit_patterns.description_not is 'The cleaned description does not match this regular expression.';
comment on column zendesk.audit_patterns.severity is 'Severity of what this pattern finds; null for that of the rule.';

comment on table zendesk.search_patterns is 'Regular expressions for searches that deserve a look, such as card numbers. Add your own.';
comment on column zendesk.search_patterns.name is 'What the search is for, as named in the finding.';
comment on column zendesk.search_patterns.expression is 'Regular expression, matched against the text of the search, upper and lower case alike.';

comment on table zendesk.watchlist is 'Resources whose every access is a finding, such as the tickets of a well-known person. Yours to fill.';
comment on column zendesk.watchlist.account is 'Key of the Zendesk account.';
comment on column zendesk.watchlist.resource_type is 'Type of the resource, singular, as in access_log_resources.';
comment on column zendesk.watchlist.resource_id is 'Id of the resource as text.';
comment on column zendesk.watchlist.note is 'Why it is watched.';
comment on column zendesk.watchlist.added_at is 'When it was put on the list.';

comment on table zendesk.service_accounts is 'Users that are programs. Their requests are marked is_service_account and left out of the findings about people. Yours to fill; this program marks its own requests by itself.';
comment on column zendesk.service_accounts.account is 'Key of the Zendesk account.';
comment on column zendesk.service_accounts.user_id is 'The user the program works as.';
comment on column zendesk.service_accounts.note is 'Which program it is.';
comment on column zendesk.service_accounts.added_at is 'When it was put on the list.';

comment on table zendesk_sync.stale_days is 'Days whose rows have changed since the rollups were made from them.';
comment on column zendesk_sync.stale_days.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.stale_days.stream is 'audit_logs or access_logs.';
comment on column zendesk_sync.stale_days.day is 'The day, UTC.';

comment on table zendesk_sync.classifications is 'How far "classify --apply" came with the stored rows of an account; it goes on from here when it was stopped.';
comment on column zendesk_sync.classifications.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.classifications.rules is 'Fingerprint of the rules that are applied.';
comment on column zendesk_sync.classifications.reached_at is 'Time of the last row that was classified.';
comment on column zendesk_sync.classifications.reached_id is 'Id of the last row that was classified.';
comment on column zendesk_sync.classifications.rows_read is 'Rows classified so far.';
comment on column zendesk_sync.classifications.rows_changed is 'Rows whose classification changed.';
comment on column zendesk_sync.classifications.started_at is 'When it was started.';
comment on column zendesk_sync.classifications.ended_at is 'When it reached the newest row; null while it has not.';
