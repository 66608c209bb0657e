ALTER TABLE "zendesk_sync"."fetches" ADD COLUMN "mark" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."runs" ADD COLUMN "mark" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."leases" ADD COLUMN "mark" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."leases" ADD COLUMN "steps" integer DEFAULT 0 NOT NULL;
