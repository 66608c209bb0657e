ALTER TABLE "zendesk_evidence"."logs" ADD COLUMN "rules" jsonb;
