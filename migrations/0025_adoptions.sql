CREATE TABLE "zendesk_evidence"."adoptions" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"before" timestamptz NOT NULL,
	"reached_at" timestamptz,
	"reached_id" text collate "C",
	"rows" bigint DEFAULT 0 NOT NULL,
	"ended_at" timestamptz,
	CONSTRAINT "adoptions_account_stream_pk" PRIMARY KEY("account","stream")
);
