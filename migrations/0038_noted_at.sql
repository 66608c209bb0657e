ALTER TABLE "zendesk_evidence"."pending" ADD COLUMN "noted_at" timestamptz DEFAULT clock_timestamp() NOT NULL;
