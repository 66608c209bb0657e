CREATE TABLE "zendesk_sync"."quarantine" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."quarantine_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"fetch_id" bigint,
	"span_from" timestamptz,
	"span_until" timestamptz,
	"record_id" text,
	"record_time" text,
	"occurred_at" timestamptz,
	"code" text NOT NULL,
	"reason" text NOT NULL,
	"content" "bytea" NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"first_seen" timestamptz DEFAULT now() NOT NULL,
	"last_seen" timestamptz DEFAULT now() NOT NULL,
	"times_seen" integer DEFAULT 1 NOT NULL,
	"tried_by" text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "quarantine_record" ON "zendesk_sync"."quarantine" USING btree ("account","stream","fingerprint");
