ALTER TABLE "zendesk_evidence"."logs" ADD COLUMN "history" text;
