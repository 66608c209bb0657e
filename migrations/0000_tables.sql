CREATE SCHEMA "zendesk";
--> statement-breakpoint
CREATE SCHEMA "zendesk_sync";
--> statement-breakpoint
CREATE TABLE "zendesk"."access_logs" (
	"account" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"timestamp" timestamptz NOT NULL,
	"user_id" bigint,
	"ip_address" "inet",
	"method" text,
	"status" smallint,
	"url" text,
	"origin_service" text,
	"authorization_type" text,
	"client" text,
	"referer" text,
	"category" text,
	"summary" text,
	"bytes_sent" bigint,
	"graphql_operation_name" text,
	"graphql_operation_type" text,
	"graphql_query" text,
	"graphql_variables" text,
	"extra" jsonb,
	"first_synced_at" timestamptz DEFAULT now() NOT NULL,
	"synced_at" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "access_logs_account_timestamp_id_pk" PRIMARY KEY("account","timestamp","id")
) PARTITION BY RANGE ("timestamp");
--> statement-breakpoint
CREATE TABLE "zendesk"."audit_logs" (
	"account" text collate "C" NOT NULL,
	"id" bigint NOT NULL,
	"created_at" timestamptz NOT NULL,
	"action" text,
	"action_label" text,
	"actor_id" bigint,
	"actor_name" text,
	"change_description" text,
	"ip_address" "inet",
	"source_id" bigint,
	"source_label" text,
	"source_type" text,
	"url" text,
	"extra" jsonb,
	"first_synced_at" timestamptz DEFAULT now() NOT NULL,
	"synced_at" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "audit_logs_account_created_at_id_pk" PRIMARY KEY("account","created_at","id")
) PARTITION BY RANGE ("created_at");
--> statement-breakpoint
CREATE TABLE "zendesk"."revisions" (
	"revision" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk"."revisions_revision_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"id" text collate "C" NOT NULL,
	"occurred_at" timestamptz NOT NULL,
	"content" jsonb NOT NULL,
	"replaced_at" timestamptz DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."budgets" (
	"account" text collate "C" NOT NULL,
	"budget_group" text NOT NULL,
	"spent" jsonb NOT NULL,
	"paused_until" timestamptz,
	"pause_reason" text,
	CONSTRAINT "budgets_account_budget_group_pk" PRIMARY KEY("account","budget_group")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."coverage" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"covered_from" timestamptz NOT NULL,
	"covered_until" timestamptz NOT NULL,
	CONSTRAINT "coverage_account_stream_covered_from_pk" PRIMARY KEY("account","stream","covered_from")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."fetches" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."fetches_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"kind" text NOT NULL,
	"span_from" timestamptz NOT NULL,
	"span_until" timestamptz NOT NULL,
	"page_size" integer NOT NULL,
	"cursor" text,
	"asked_at" timestamptz,
	"pages" integer DEFAULT 0 NOT NULL,
	"rows_seen" bigint DEFAULT '0' NOT NULL,
	"rows_new" bigint DEFAULT '0' NOT NULL,
	"rows_changed" bigint DEFAULT '0' NOT NULL,
	"rows_late" bigint DEFAULT '0' NOT NULL,
	"restarted" boolean DEFAULT false NOT NULL,
	"started_at" timestamptz DEFAULT now() NOT NULL,
	"ended_at" timestamptz,
	"outcome" text,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."leases" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"holder" text NOT NULL,
	"token" bigint NOT NULL,
	"expires_at" timestamptz NOT NULL,
	CONSTRAINT "leases_account_stream_pk" PRIMARY KEY("account","stream")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."rescans" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"age_seconds" integer NOT NULL,
	"covered_from" timestamptz NOT NULL,
	"covered_until" timestamptz NOT NULL,
	CONSTRAINT "rescans_account_stream_age_seconds_covered_from_pk" PRIMARY KEY("account","stream","age_seconds","covered_from")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"task" text NOT NULL,
	"holder" text NOT NULL,
	"started_at" timestamptz DEFAULT now() NOT NULL,
	"ended_at" timestamptz,
	"outcome" text,
	"error" text,
	"requests" integer DEFAULT 0 NOT NULL,
	"rows_new" bigint DEFAULT '0' NOT NULL,
	"rows_changed" bigint DEFAULT '0' NOT NULL,
	"rows_late" bigint DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."streams" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"horizon" timestamptz,
	"retention_days" integer,
	"followed_from" timestamptz,
	"unavailable_since" timestamptz,
	"unavailable_reason" text,
	CONSTRAINT "streams_account_stream_pk" PRIMARY KEY("account","stream")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."unknown_users" (
	"account" text collate "C" NOT NULL,
	"id" bigint NOT NULL,
	"asked_at" timestamptz NOT NULL,
	"times_asked" integer NOT NULL,
	CONSTRAINT "unknown_users_account_id_pk" PRIMARY KEY("account","id")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."user_history" (
	"account" text collate "C" NOT NULL,
	"id" bigint NOT NULL,
	"valid_from" timestamptz NOT NULL,
	"valid_to" timestamptz,
	"name" text,
	"email" text,
	"role" text,
	"role_type" smallint,
	"custom_role_id" bigint,
	"active" boolean,
	"suspended" boolean,
	"team_member" boolean NOT NULL,
	CONSTRAINT "user_history_account_id_valid_from_pk" PRIMARY KEY("account","id","valid_from")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."users" (
	"account" text collate "C" NOT NULL,
	"id" bigint NOT NULL,
	"name" text,
	"email" text,
	"role" text,
	"role_type" smallint,
	"custom_role_id" bigint,
	"active" boolean,
	"suspended" boolean,
	"team_member" boolean NOT NULL,
	"departed_at" timestamptz,
	"time_zone" text,
	"iana_time_zone" text,
	"locale" text,
	"created_at" timestamptz,
	"updated_at" timestamptz,
	"last_login_at" timestamptz,
	"valid_from" timestamptz NOT NULL,
	"first_synced_at" timestamptz DEFAULT now() NOT NULL,
	"synced_at" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "users_account_id_pk" PRIMARY KEY("account","id")
);
--> statement-breakpoint
CREATE INDEX "access_logs_user" ON "zendesk"."access_logs" USING btree ("account","user_id","timestamp");--> statement-breakpoint
CREATE INDEX "audit_logs_actor" ON "zendesk"."audit_logs" USING btree ("account","actor_id","created_at");--> statement-breakpoint
CREATE INDEX "audit_logs_source" ON "zendesk"."audit_logs" USING btree ("account","source_type","source_id","created_at");--> statement-breakpoint
CREATE INDEX "revisions_row" ON "zendesk"."revisions" USING btree ("account","stream","id");--> statement-breakpoint
CREATE INDEX "fetches_recent" ON "zendesk_sync"."fetches" USING btree ("account","stream","id");--> statement-breakpoint
CREATE INDEX "fetches_rows" ON "zendesk_sync"."fetches" USING btree ("account","stream","rows_new");--> statement-breakpoint
CREATE INDEX "fetches_resumable" ON "zendesk_sync"."fetches" USING btree ("account","stream") WHERE outcome is null or (outcome = 'failed' and cursor is not null);--> statement-breakpoint
CREATE INDEX "runs_recent" ON "zendesk_sync"."runs" USING btree ("account","stream","task","id");--> statement-breakpoint
CREATE INDEX "runs_failed" ON "zendesk_sync"."runs" USING btree ("account","stream","id") WHERE error is not null;--> statement-breakpoint
CREATE INDEX "user_history_email" ON "zendesk"."user_history" USING btree ("account","email");