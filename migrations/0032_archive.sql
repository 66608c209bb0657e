CREATE TABLE "zendesk_sync"."archived_objects" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"month" date NOT NULL,
	"object" text collate "C" NOT NULL,
	"rows" bigint NOT NULL,
	"first_at" timestamptz NOT NULL,
	"last_at" timestamptz NOT NULL,
	"bytes" bigint NOT NULL,
	"manifest" text NOT NULL,
	"noted_at" timestamptz DEFAULT now() NOT NULL,
	"checked_at" timestamptz,
	"left_at" timestamptz,
	CONSTRAINT "archived_objects_account_object_pk" PRIMARY KEY("account","object")
);
