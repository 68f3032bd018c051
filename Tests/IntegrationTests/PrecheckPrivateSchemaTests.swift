import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What pgtide keeps on the target, and how many connections it may have, is looked at before the first row.
  @Suite struct PrecheckPrivateSchemaTests {
    private static let history = """
      CREATE SCHEMA pgtide; CREATE TABLE pgtide.runs (target_only bigint, receipt jsonb, deleted bigint, kept bigint);
      CREATE TABLE pgtide.run_tables (
        target_only bigint, filled_columns text[], lost_columns text[], deleted bigint, kept bigint,
        changed_by jsonb, relation text);
      CREATE TABLE pgtide.rejects (first_rejected_at timestamptz, times int, previous_run_id bigint);
      CREATE TABLE pgtide.rewritten_rows (); CREATE TABLE pgtide.protected (message text);
      GRANT USAGE, CREATE ON SCHEMA pgtide TO {role};
      """
    private static let status = """
      CREATE TABLE _sync_metadata (table_name text, last_sync_timestamp timestamptz, records_synced int,
        sync_status text, error_message text, updated_at timestamptz);
      """

    static let privateSchema = [
      Precheck(
        name: "no right to create the schema pgtide",
        flaw: Precheck.rights + #"REVOKE CREATE ON DATABASE "{database}" FROM {role}"#, asRole: [.target],
        says: [("{role} may not create the schema pgtide on the target", "init-metadata --print-sql")]),
      Precheck(
        name: "somebody else's schema pgtide", flaw: Precheck.rights + "CREATE SCHEMA pgtide", asRole: [.target],
        says: [("belongs to postgres, and {role} may not use it", #"GRANT USAGE, CREATE ON SCHEMA "pgtide" TO"#)]),
      Precheck(
        name: "a schema pgtide that takes no tables of ours",
        flaw: Precheck.rights + "CREATE SCHEMA pgtide; GRANT USAGE ON SCHEMA pgtide TO {role}", asRole: [.target],
        says: [("belongs to postgres, and {role} may not create tables in it", "GRANT USAGE, CREATE")]),
      Precheck(
        name: "a history that cannot be written",
        flaw: Precheck.rights + history + "GRANT SELECT ON ALL TABLES IN SCHEMA pgtide TO {role}", asRole: [.target],
        says: [
          ("lacks rights on pgtide.runs, which belongs to postgres: INSERT, UPDATE, DELETE", "GRANT SELECT"),
          ("lacks rights on pgtide.run_tables", "GRANT SELECT"),
          ("lacks rights on pgtide.rejects, which belongs to postgres: INSERT, UPDATE, DELETE", "GRANT SELECT"),
          ("lacks rights on pgtide.rewritten_rows, which belongs to postgres: INSERT, DELETE", "GRANT SELECT"),
          ("lacks rights on pgtide.protected, which belongs to postgres: INSERT, UPDATE, DELETE", "GRANT SELECT"),
        ]),
      Precheck(
        name: "a history of an earlier version that somebody else made",
        flaw: Precheck.rights + history
          + "GRANT ALL ON ALL TABLES IN SCHEMA pgtide TO {role}; ALTER TABLE pgtide.rejects DROP times",
        asRole: [.target],
        says: [
          (
            "pgtide.rejects, which belongs to postgres, is of an earlier version: it differs in times",
            "Have postgres run what `pgtide init-metadata --print-sql` prints"
          )
        ]),
      Precheck(
        name: "somebody else's stage",
        flaw: Precheck.rights + history
          + "GRANT ALL ON ALL TABLES IN SCHEMA pgtide TO {role}; CREATE TABLE pgtide.stage_forward_public_t ()",
        asRole: [.target],
        says: [("the stage pgtide.stage_forward_public_t belongs to postgres, not to {role}", "drop the stage")]),
      Precheck(
        name: "no language to take rights back by", flaw: "DROP EXTENSION plpgsql",
        says: [("postgres may not use the language plpgsql on the target", "CREATE EXTENSION plpgsql")],
        cleanUp: "CREATE EXTENSION plpgsql"),
    ]

    static let statusTable = [
      Precheck(
        name: "no right to create it", flaw: Precheck.rights + "REVOKE CREATE ON SCHEMA public FROM {role}",
        asRole: [.target],
        says: [("may not create tables in the schema public", #"GRANT CREATE ON SCHEMA "public" TO "{role}""#)]),
      Precheck(
        name: "a schema that is not there", configure: { $0.metadata.schema = "ops" },
        says: [("the status table ops._sync_metadata cannot be made: there is no schema ops", "Create the schema")]),
      Precheck(
        name: "columns that are missing",
        flaw: "CREATE TABLE _sync_metadata (table_name text, sync_status text, records_synced int, error_message text)",
        says: [
          (
            "the status table public._sync_metadata lacks last_sync_timestamp, updated_at",
            #"ADD "last_sync_timestamp" timestamptz, ADD "updated_at" timestamptz"#
          )
        ]),
      Precheck(
        name: "a column of a type that takes no such value",
        flaw: status + "ALTER TABLE _sync_metadata ALTER updated_at TYPE int USING 0",
        says: [("has a column updated_at of type integer, which takes no timestamptz", "Change its type")]),
      Precheck(
        name: "no right to write it", flaw: Precheck.rights + status + "GRANT SELECT ON _sync_metadata TO {role}",
        asRole: [.target], says: [("cannot be written: {role} lacks INSERT, UPDATE", "GRANT SELECT, INSERT, UPDATE")]),
      Precheck(
        name: "no use of its sequence",
        flaw: Precheck.rights + status
          + "ALTER TABLE _sync_metadata ADD id serial; GRANT SELECT, INSERT, UPDATE ON _sync_metadata TO {role}",
        asRole: [.target], says: [("may not use its sequence public._sync_metadata_id_seq", "GRANT USAGE ON SEQUENCE")]),
      Precheck(
        name: "row-level security",
        flaw: Precheck.rights + status
          + """
          GRANT SELECT, INSERT, UPDATE ON _sync_metadata TO {role}; ALTER TABLE _sync_metadata ENABLE ROW LEVEL SECURITY
          """, asRole: [.target], says: [("has row-level security, which hides rows from {role}", "BYPASSRLS")]),
      Precheck(
        name: "a publication of updates without a replica identity",
        flaw: status + "CREATE PUBLICATION pub FOR TABLE _sync_metadata",
        says: [("has no replica identity, and the publication pub", "REPLICA IDENTITY FULL")],
        cleanUp: "DROP PUBLICATION pub"),
      Precheck(
        name: "something else of its name", flaw: "CREATE SEQUENCE _sync_metadata",
        says: [("is no table", "Name another one under `metadata`")]),
      Precheck(
        name: "a materialized view", flaw: "CREATE MATERIALIZED VIEW _sync_metadata AS SELECT 1",
        says: [("is a materialized view", "Name another one under `metadata`")]),
    ]

    static let servers = [
      Precheck(
        name: "a read-only target",
        configure: { $0.target.connection += " options='-c default_transaction_read_only=on'" },
        says: [("the target's transactions are read-only", "RESET default_transaction_read_only")]),
      Precheck(
        name: "a role with too few connections",
        source: "CREATE TABLE t (id int, v text); GRANT SELECT ON t TO {role}; ALTER ROLE {role} CONNECTION LIMIT 1",
        asRole: [.source],
        says: [
          (
            "the source allows 1 connection for the role {role}, and a run needs 2 at least",
            #"ALTER ROLE "{role}" CONNECTION LIMIT 2"#
          )
        ]),
    ]

    @Test(arguments: privateSchema)
    func `a schema pgtide that cannot be used is refused`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }

    @Test(arguments: statusTable)
    func `a status table that cannot be written is refused`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }

    @Test(arguments: servers)
    func `a server that cannot take the run is refused`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }
  }
}
