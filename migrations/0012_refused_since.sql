ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "refused_since" timestamptz;
