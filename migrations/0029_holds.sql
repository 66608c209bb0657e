CREATE TABLE "zendesk_sync"."holds" (
	"account" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"act" text NOT NULL,
	"stream" text,
	"held_from" timestamptz,
	"held_until" timestamptz,
	"person" bigint,
	"ticket" text collate "C",
	"reason" text NOT NULL,
	"done_by" text NOT NULL,
	"noted_at" timestamptz DEFAULT now() NOT NULL,
	"salt" "bytea" NOT NULL,
	CONSTRAINT "holds_account_name_act_pk" PRIMARY KEY("account","name","act")
);
