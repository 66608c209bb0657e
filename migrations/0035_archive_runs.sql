CREATE TABLE "zendesk_sync"."archive_runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."archive_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"holder" text NOT NULL,
	"due_at" timestamptz,
	"started_at" timestamptz DEFAULT now() NOT NULL,
	"expires_at" timestamptz NOT NULL,
	"ended_at" timestamptz,
	"rows" bigint,
	"error" text
);
--> statement-breakpoint
ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "spoiled_at" timestamptz;
