ALTER TABLE "zendesk_evidence"."person_keys" ADD COLUMN "replaced_at" timestamptz;
