CREATE TABLE "zendesk_sync"."alert_channels" (
	"channel" text PRIMARY KEY NOT NULL,
	"due_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"claimed_until" timestamptz,
	"succeeded_at" timestamptz,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamptz,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."alert_messages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."alert_messages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"channel" text NOT NULL,
	"kind" text NOT NULL,
	"content" jsonb NOT NULL,
	"created_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"delivered_at" timestamptz,
	"given_up_at" timestamptz
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."alerted_accounts" (
	"account" text collate "C" PRIMARY KEY NOT NULL,
	"looked_at" timestamptz NOT NULL,
	"findings_since" timestamptz NOT NULL,
	"introduced_at" timestamptz,
	"digest_due_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."alerted_findings" (
	"account" text collate "C" NOT NULL,
	"finding" text collate "C" NOT NULL,
	"told_at" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "alerted_findings_account_finding_pk" PRIMARY KEY("account","finding")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."alerts" (
	"account" text collate "C" NOT NULL,
	"subject" text NOT NULL,
	"kind" text NOT NULL,
	"sentence" text NOT NULL,
	"amount" bigint NOT NULL,
	"since" timestamptz NOT NULL,
	"told_at" timestamptz,
	"told_amount" bigint DEFAULT '0' NOT NULL,
	"gone_since" timestamptz,
	"ended_at" timestamptz,
	"times" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "alerts_account_subject_kind_pk" PRIMARY KEY("account","subject","kind")
);
--> statement-breakpoint
CREATE INDEX "findings_first_found" ON "zendesk"."findings" USING btree ("account","first_found_at");
