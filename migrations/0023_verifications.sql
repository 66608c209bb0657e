CREATE TABLE "zendesk_sync"."verifications" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."verifications_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"depth" text NOT NULL,
	"stream" text,
	"verified_from" timestamptz,
	"verified_until" timestamptz,
	"anchors" text[] DEFAULT '{}' NOT NULL,
	"started_at" timestamptz DEFAULT now() NOT NULL,
	"ended_at" timestamptz,
	"outcome" text,
	"findings" integer DEFAULT 0 NOT NULL,
	"first_finding" text,
	"found" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" text,
	"progress" jsonb,
	"due_at" timestamptz,
	"holder" text NOT NULL,
	"expires_at" timestamptz
);
--> statement-breakpoint
CREATE INDEX "verifications_account" ON "zendesk_sync"."verifications" USING btree ("account","started_at");
