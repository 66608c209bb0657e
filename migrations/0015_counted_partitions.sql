CREATE TABLE "zendesk_sync"."counted_partitions" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"held_from" timestamptz NOT NULL,
	"relation" bigint NOT NULL,
	"file" bigint NOT NULL,
	"deletions" bigint NOT NULL,
	CONSTRAINT "counted_partitions_account_stream_held_from_pk" PRIMARY KEY("account","stream","held_from")
);
