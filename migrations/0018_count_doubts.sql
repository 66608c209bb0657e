CREATE TABLE "zendesk_sync"."count_doubts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "zendesk_sync"."count_doubts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"log_table" text,
	"changed_table" text NOT NULL,
	"done_by" text NOT NULL,
	"noted_at" timestamptz DEFAULT now() NOT NULL
);
