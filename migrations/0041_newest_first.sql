CREATE INDEX "access_logs_time" ON "zendesk"."access_logs" USING btree ("timestamp");--> statement-breakpoint
CREATE INDEX "access_logs_denied" ON "zendesk"."access_logs" USING btree ("timestamp") WHERE (status = any (array[401, 403, 404])) is true;
