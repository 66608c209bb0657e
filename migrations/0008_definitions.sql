CREATE TABLE "zendesk_sync"."definitions" (
	"name" text collate "C" PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"object" text,
	"applied_at" timestamptz DEFAULT now() NOT NULL
);
