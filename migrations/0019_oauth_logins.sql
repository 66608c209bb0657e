CREATE TABLE "zendesk_sync"."oauth_logins" (
	"account" text collate "C" PRIMARY KEY NOT NULL,
	"mark" uuid,
	"sealed_tokens" "bytea",
	"scope" text,
	"kept_at" timestamptz,
	"access_expires_at" timestamptz,
	"refresh_expires_at" timestamptz,
	"spent_tokens" text[] DEFAULT '{}' NOT NULL,
	"turn" uuid,
	"turn_until" timestamptz,
	"refused_token" text,
	"refused_at" timestamptz
);
