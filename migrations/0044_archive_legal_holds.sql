ALTER TABLE "zendesk_sync"."archived_objects" ADD COLUMN "legal_hold_at" timestamptz;
