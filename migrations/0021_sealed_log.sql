CREATE SCHEMA "zendesk_evidence";
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."entries" (
	"account" text collate "C" NOT NULL,
	"index" bigint NOT NULL,
	"manifest" "bytea" NOT NULL,
	"tags" "bytea",
	CONSTRAINT "entries_account_index_pk" PRIMARY KEY("account","index")
);
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."hashes" (
	"account" text collate "C" NOT NULL,
	"level" integer NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "hashes_account_level_index_pk" PRIMARY KEY("account","level","index")
);
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."pending" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_evidence"."pending_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"stored_at" timestamptz DEFAULT now() NOT NULL,
	"manifest" text NOT NULL,
	"tags" "bytea"
);
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."person_keys" (
	"account" text collate "C" NOT NULL,
	"person" bigint NOT NULL,
	"month" date NOT NULL,
	"key" "bytea" NOT NULL,
	CONSTRAINT "person_keys_account_person_month_pk" PRIMARY KEY("account","person","month")
);
--> statement-breakpoint
CREATE TABLE "zendesk_evidence"."logs" (
	"account" text collate "C" PRIMARY KEY NOT NULL,
	"origin" text NOT NULL,
	"key" text NOT NULL,
	"size" bigint DEFAULT 0 NOT NULL,
	"frontier" "bytea" NOT NULL,
	"version" text NOT NULL,
	"checkpoint" text,
	"begun_at" timestamptz DEFAULT now() NOT NULL,
	"sealed_at" timestamptz
);
--> statement-breakpoint
CREATE INDEX "revisions_replaced" ON "zendesk"."revisions" USING btree ("account","stream","replaced_at");
