CREATE INDEX "entries_stored" ON "zendesk_evidence"."entries" USING btree ("account",substring(encode(manifest, 'escape') from '"stored_at":"([^"]{1,40})"'));--> statement-breakpoint
CREATE INDEX "revisions_occurred" ON "zendesk"."revisions" USING btree ("account","stream","occurred_at");
