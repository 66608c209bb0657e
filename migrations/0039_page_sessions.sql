CREATE TABLE "zendesk_sync"."page_sessions" (
	"session" "bytea" PRIMARY KEY NOT NULL,
	"name" text collate "C" NOT NULL,
	"token_proof" "bytea" NOT NULL,
	"ends_at" timestamptz NOT NULL
);
