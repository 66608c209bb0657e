CREATE TABLE "zendesk_sync"."scheduled_reports" (
	"account" text collate "C" NOT NULL,
	"report" text collate "C" NOT NULL,
	"schedule" text NOT NULL,
	"due_at" timestamptz NOT NULL,
	"next_due_at" timestamptz NOT NULL,
	"holder" text,
	"expires_at" timestamptz,
	"finished_at" timestamptz,
	"file" text,
	"rows" integer,
	"error" text,
	CONSTRAINT "scheduled_reports_account_report_pk" PRIMARY KEY("account","report")
);
