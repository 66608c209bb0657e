-- Numbers come from sequences and every key holds the account, so that the tables can be spread over servers. Rows keep
-- their numbers, and each sequence goes on from where that of the identity column was.
DO $$
DECLARE
  numbered record;
  position bigint;
  is_used boolean;
  key text;
BEGIN
  FOR numbered IN
    SELECT c.oid::regclass AS relation, n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner, t.number, format('%I.%I', n.nspname, c.relname || '_' || t.number || '_seq') AS sequence
    FROM (VALUES
      ('zendesk.audit_patterns', 'pattern'),
      ('zendesk.revisions', 'revision'),
      ('zendesk_evidence.anchors', 'id'),
      ('zendesk_evidence.pending', 'id'),
      ('zendesk_sync.actions', 'id'),
      ('zendesk_sync.coverage_losses', 'id'),
      ('zendesk_sync.fetches', 'id'),
      ('zendesk_sync.quarantine', 'id'),
      ('zendesk_sync.reconciliations', 'id'),
      ('zendesk_sync.runs', 'id'),
      ('zendesk_sync.stored_rows', 'id'),
      ('zendesk_sync.unexamined', 'id'),
      ('zendesk_sync.verifications', 'id')
    ) AS t (name, number)
    JOIN pg_class c ON c.oid = t.name::regclass
    JOIN pg_namespace n ON n.oid = c.relnamespace
  LOOP
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', numbered.relation);
    EXECUTE format('SELECT last_value, is_called FROM %s', pg_get_serial_sequence(numbered.relation::text, numbered.number)) INTO position, is_used;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP IDENTITY', numbered.relation, numbered.number);
    EXECUTE format('CREATE SEQUENCE %s', numbered.sequence);
    -- Whoever migrates may have the rights of the owner of the tables, or of all, without being the owner.
    EXECUTE format('ALTER SEQUENCE %s OWNER TO %I', numbered.sequence, numbered.owner);
    EXECUTE format('ALTER SEQUENCE %s OWNED BY %s.%I', numbered.sequence, numbered.relation, numbered.number);
    PERFORM setval(numbered.sequence::regclass, position, is_used);
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT nextval(%L)', numbered.relation, numbered.number, numbered.sequence);
    CONTINUE WHEN numbered.name = 'audit_patterns';
    SELECT conname INTO STRICT key FROM pg_constraint WHERE conrelid = numbered.relation AND contype = 'p';
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', numbered.relation, key);
    EXECUTE format(
      'ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY (account, %I)', numbered.relation, numbered.name || '_account_' || numbered.number || '_pk', numbered.number
    );
  END LOOP;
END
$$;
