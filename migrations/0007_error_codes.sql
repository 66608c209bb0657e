ALTER TABLE "zendesk_sync"."fetches" ADD COLUMN "error_code" text;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."runs" ADD COLUMN "error_code" text;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "kind" text DEFAULT 'log' NOT NULL;--> statement-breakpoint
ALTER TABLE "zendesk_sync"."streams" ADD COLUMN "unavailable_code" text;--> statement-breakpoint
update zendesk_sync.streams set kind = 'listing' where stream = 'users';
--> statement-breakpoint
comment on column zendesk_sync.fetches.error_code is 'What kind of error ended the fetch: a code of docs/errors.md; null for none.';
--> statement-breakpoint
comment on column zendesk_sync.runs.error_code is 'What kind of error ended the run: a code of docs/errors.md; null for none.';
--> statement-breakpoint
comment on column zendesk_sync.streams.kind is 'log: read by spans of time; listing: read as a whole, such as the people.';
--> statement-breakpoint
comment on column zendesk_sync.streams.unavailable_code is 'Why Zendesk refuses the stream: a code of docs/errors.md; null while it does not.';
