CREATE TABLE "zendesk_sync"."coverage_losses" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."coverage_losses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"lost_from" timestamptz NOT NULL,
	"lost_until" timestamptz NOT NULL,
	"rows_until" timestamptz NOT NULL,
	"rows" bigint NOT NULL,
	"rows_left" bigint NOT NULL,
	"code" text NOT NULL,
	"partition" text,
	"done_by" text,
	"noticed_at" timestamptz DEFAULT now() NOT NULL,
	"last_fetch" bigint,
	"settled_at" timestamptz,
	"closed_at" timestamptz,
	"rows_found" bigint
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."stored_rows" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."stored_rows_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"day" date NOT NULL,
	"rows" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "log_table" text;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "log_time" text;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "log_partition" text;--> statement-breakpoint
CREATE INDEX "coverage_losses_stream" ON "zendesk_sync"."coverage_losses" USING btree ("account","stream","lost_from");--> statement-breakpoint
CREATE INDEX "stored_rows_day" ON "zendesk_sync"."stored_rows" USING btree ("account","stream","day");--> statement-breakpoint
update zendesk_sync.streams set log_table = 'zendesk.audit_logs', log_time = 'created_at', log_partition = 'year' where stream = 'audit_logs';--> statement-breakpoint
update zendesk_sync.streams set log_table = 'zendesk.access_logs', log_time = 'timestamp', log_partition = 'month' where stream = 'access_logs';--> statement-breakpoint
-- What is stored is counted once; from then on each page adds its rows.
insert into zendesk_sync.stored_rows (account, stream, day, rows)
select account, 'audit_logs', (created_at at time zone 'UTC')::date, count(*) from zendesk.audit_logs group by 1, 3 order by 1, 3;--> statement-breakpoint
insert into zendesk_sync.stored_rows (account, stream, day, rows)
select account, 'access_logs', ("timestamp" at time zone 'UTC')::date, count(*) from zendesk.access_logs group by 1, 3 order by 1, 3;
