ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "horizon_proved_at" timestamptz;
