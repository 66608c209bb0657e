CREATE TABLE "zendesk_sync"."reconciliations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."reconciliations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"span_from" timestamptz NOT NULL,
	"span_until" timestamptz NOT NULL,
	"sample" integer,
	"seed" bigint,
	"due_at" timestamptz,
	"holder" text NOT NULL,
	"started_at" timestamptz DEFAULT now() NOT NULL,
	"ended_at" timestamptz,
	"outcome" text,
	"comparable_seconds" bigint DEFAULT '0' NOT NULL,
	"read_seconds" bigint DEFAULT '0' NOT NULL,
	"records" bigint DEFAULT '0' NOT NULL,
	"missing_here" integer DEFAULT 0 NOT NULL,
	"missing_there" integer DEFAULT 0 NOT NULL,
	"different" integer DEFAULT 0 NOT NULL,
	"seen_again" integer DEFAULT 0 NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "zendesk"."source_deletions" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"id" text collate "C" NOT NULL,
	"occurred_at" timestamptz NOT NULL,
	"first_noticed_at" timestamptz DEFAULT now() NOT NULL,
	"last_confirmed_at" timestamptz DEFAULT now() NOT NULL,
	"how" text DEFAULT 'reconcile' NOT NULL,
	"seen_again_at" timestamptz,
	CONSTRAINT "source_deletions_account_stream_id_pk" PRIMARY KEY("account","stream","id")
);
--> statement-breakpoint
CREATE INDEX "reconciliations_recent" ON "zendesk_sync"."reconciliations" USING btree ("account","stream","id");--> statement-breakpoint
CREATE UNIQUE INDEX "reconciliations_due" ON "zendesk_sync"."reconciliations" USING btree ("account","stream","due_at");--> statement-breakpoint
CREATE INDEX "source_deletions_time" ON "zendesk"."source_deletions" USING btree ("account","stream","occurred_at");
