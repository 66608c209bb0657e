ALTER TABLE "zendesk_sync"."fetches" ADD COLUMN "rescan_age_seconds" integer;--> statement-breakpoint
CREATE INDEX "fetches_late" ON "zendesk_sync"."fetches" USING btree ("account","stream","rescan_age_seconds") WHERE rescan_age_seconds is not null and rows_late > 0;
