CREATE TABLE "zendesk_evidence"."anchor_states" (
	"account" text collate "C" NOT NULL,
	"kind" text NOT NULL,
	"place" text NOT NULL,
	"since" timestamptz DEFAULT now() NOT NULL,
	"due_at" timestamptz DEFAULT now() NOT NULL,
	"claimed_until" timestamptz,
	"attempted_at" timestamptz,
	"succeeded_at" timestamptz,
	"size" bigint,
	"failures" integer DEFAULT 0 NOT NULL,
	"error" text,
	CONSTRAINT "anchor_states_account_kind_place_pk" PRIMARY KEY("account","kind","place")
);
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."anchors" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_evidence"."anchors_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"kind" text NOT NULL,
	"place" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"note" text NOT NULL,
	"token" "bytea",
	"anchored_at" timestamptz DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."keys" (
	"account" text collate "C" NOT NULL,
	"key" text NOT NULL,
	"since_entry" bigint NOT NULL,
	"since" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "keys_account_key_pk" PRIMARY KEY("account","key")
);
--> statement-breakpoint
CREATE INDEX "anchors_by_account" ON "zendesk_evidence"."anchors" USING btree ("account","kind","place","size");
