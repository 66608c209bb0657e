DROP INDEX "zendesk"."access_log_resources_resource";--> statement-breakpoint
DROP INDEX "zendesk"."access_log_resources_timestamp";--> statement-breakpoint
CREATE INDEX "access_log_resources_seen" ON "zendesk"."access_log_resources" USING btree ("resource_id","timestamp") WHERE resource_id is not null;--> statement-breakpoint
CREATE INDEX "access_log_resources_time" ON "zendesk"."access_log_resources" USING btree ("account","timestamp");--> statement-breakpoint
CREATE INDEX "access_logs_address" ON "zendesk"."access_logs" USING btree ("ip_address");
