CREATE TABLE "zendesk"."sign_in_day" (
	"account" text collate "C" NOT NULL,
	"day" date NOT NULL,
	"network" text collate "C" NOT NULL,
	"sign_ins" integer NOT NULL,
	"people" integer NOT NULL,
	"first_at" timestamptz NOT NULL,
	"last_at" timestamptz NOT NULL,
	CONSTRAINT "sign_in_day_account_day_network_pk" PRIMARY KEY("account","day","network")
);
--> statement-breakpoint
INSERT INTO "zendesk_sync"."stale_days" ("account", "stream", "day")
SELECT DISTINCT "account", 'audit_logs', "day" FROM "zendesk"."audit_day" WHERE "source_type" = 'user' AND "action" = 'login'
ON CONFLICT DO NOTHING;
