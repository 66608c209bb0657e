CREATE TABLE "zendesk_sync"."move_parts" (
	"account" text collate "C" NOT NULL,
	"moved_table" text NOT NULL,
	"part" integer NOT NULL,
	"rows" bigint NOT NULL,
	"digest" "bytea" NOT NULL,
	"checked_at" timestamptz,
	CONSTRAINT "move_parts_account_moved_table_part_pk" PRIMARY KEY("account","moved_table","part")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."moves" (
	"account" text collate "C" PRIMARY KEY NOT NULL,
	"move" uuid NOT NULL,
	"state" text NOT NULL,
	"other" text NOT NULL,
	"started_at" timestamptz NOT NULL,
	"ended_at" timestamptz,
	"cleared_at" timestamptz
);
