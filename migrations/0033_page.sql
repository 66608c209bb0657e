CREATE TABLE "zendesk_sync"."actions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."actions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"done_at" timestamptz DEFAULT now() NOT NULL,
	"done_by" text collate "C" NOT NULL,
	"role" text NOT NULL,
	"action" text NOT NULL,
	"account" text collate "C" NOT NULL,
	"parameters" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."questions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."questions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"asked_at" timestamptz DEFAULT now() NOT NULL,
	"asked_by" text collate "C" NOT NULL,
	"role" text NOT NULL,
	"view" text NOT NULL,
	"parameters" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "actions_done_at" ON "zendesk_sync"."actions" USING btree ("done_at");--> statement-breakpoint
CREATE INDEX "questions_asked_at" ON "zendesk_sync"."questions" USING btree ("asked_at");
