CREATE TABLE "zendesk_sync"."finding_inputs" (
	"account" text collate "C" NOT NULL,
	"input" text NOT NULL,
	"item" text collate "C" NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "finding_inputs_account_input_item_pk" PRIMARY KEY("account","input","item")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."finding_rule_versions" (
	"rule" text collate "C" NOT NULL,
	"version" integer NOT NULL,
	"fingerprint" text NOT NULL,
	"definition" jsonb NOT NULL,
	"since" timestamptz DEFAULT now() NOT NULL,
	CONSTRAINT "finding_rule_versions_rule_version_pk" PRIMARY KEY("rule","version")
);
--> statement-breakpoint
CREATE TABLE "zendesk"."findings" (
	"finding" text collate "C" NOT NULL,
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"rule" text collate "C" NOT NULL,
	"rule_version" integer NOT NULL,
	"severity" text NOT NULL,
	"created_at" timestamptz NOT NULL,
	"first_at" timestamptz NOT NULL,
	"last_at" timestamptz NOT NULL,
	"actor_id" bigint,
	"actor_name" text,
	"summary" text NOT NULL,
	"record_id" text collate "C",
	"evidence" jsonb NOT NULL,
	"first_found_at" timestamptz DEFAULT now() NOT NULL,
	"changed_at" timestamptz DEFAULT now() NOT NULL,
	"withdrawn_at" timestamptz,
	"withdrawn_because" text,
	"acknowledged_at" timestamptz,
	"acknowledged_by" text,
	"acknowledged_note" text,
	"state" text GENERATED ALWAYS AS (case when withdrawn_at is not null then 'withdrawn' when acknowledged_at is not null then 'acknowledged' else 'open' end) STORED NOT NULL,
	CONSTRAINT "findings_account_created_at_finding_pk" PRIMARY KEY("account","created_at","finding")
) PARTITION BY RANGE ("created_at");
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."stale_findings" (
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"rule" text collate "C" NOT NULL,
	"actor_id" bigint NOT NULL,
	"spans" "tstzmultirange" NOT NULL,
	CONSTRAINT "stale_findings_account_stream_rule_actor_id_pk" PRIMARY KEY("account","stream","rule","actor_id")
);
--> statement-breakpoint
CREATE TABLE "zendesk_sync"."unexamined" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."unexamined_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text collate "C" NOT NULL,
	"stream" text NOT NULL,
	"from_at" timestamptz NOT NULL,
	"until_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE INDEX "findings_finding" ON "zendesk"."findings" USING btree ("finding");--> statement-breakpoint
CREATE INDEX "findings_created_at" ON "zendesk"."findings" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "findings_rule" ON "zendesk"."findings" USING btree ("account","rule","created_at");--> statement-breakpoint
CREATE INDEX "findings_actor" ON "zendesk"."findings" USING btree ("account","actor_id","created_at");
