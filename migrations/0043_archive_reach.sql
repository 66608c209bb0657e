ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "replaces" text collate "C";--> statement-breakpoint
ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "replaced_at" timestamptz;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "gone_at" timestamptz;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "locked_version" text;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "stripped" jsonb DEFAULT '{}'::jsonb NOT NULL;
