CREATE TABLE "zendesk_evidence"."remnants" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"written_at" timestamptz NOT NULL,
	"occurred_at" timestamptz NOT NULL,
	"id" text collate "C" NOT NULL,
	"revision" bigint NOT NULL,
	"removed_at" timestamptz DEFAULT now() NOT NULL,
	"personal" "bytea",
	"leaf" "bytea" NOT NULL,
	CONSTRAINT "remnants_pk" PRIMARY KEY("account","stream","written_at","occurred_at","id","revision","removed_at")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."removals" (
	"account" text collate "C" NOT NULL,
	"removal" uuid NOT NULL,
	"what" text NOT NULL,
	"stream" text,
	"removed_from" timestamptz,
	"removed_until" timestamptz,
	"person" bigint,
	"rows" bigint NOT NULL,
	"reason" text NOT NULL,
	"done_by" text NOT NULL,
	"noted_at" timestamptz DEFAULT now() NOT NULL,
	"salt" "bytea" NOT NULL,
	CONSTRAINT "removals_account_removal_pk" PRIMARY KEY("account","removal")
);
--> statement-breakpoint
CREATE INDEX "remnants_occurred" ON "zendesk_evidence"."remnants" USING btree ("account","stream","occurred_at");--> statement-breakpoint
CREATE INDEX "remnants_removed" ON "zendesk_evidence"."remnants" USING btree ("account","removed_at");--> statement-breakpoint
CREATE INDEX "removals_person" ON "zendesk_sync"."removals" USING btree ("account","person");
