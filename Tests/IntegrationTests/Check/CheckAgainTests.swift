import Dispatch
import EphemeralPostgres
import Postgres
import Synchronization
import Testing

@testable import PGTide

extension Integration {
  /// What differs is looked at twice, in two states of both ends.
  @Suite struct CheckAgainTests {
    /// A tracer that runs SQL behind the first look at the first table, while the check waits.
    private func behindFirstLook(_ edits: [(TestDatabase, String)]) -> StatementTracer {
      let isDone = Mutex(false)
      return { trace in
        guard trace.statement.contains("FROM \"pg_temp\".\"pgtide_look_1_1\" GROUP BY") else { return }
        guard
          isDone.withLock({ done in
            defer { done = true }; return !done
          })
        else { return }
        let ended = DispatchSemaphore(value: 0)
        Task {
          for (database, sql) in edits {
            do { try await database.run(sql) } catch { Issue.record(error) }
          }
          ended.signal()
        }
        ended.wait()
      }
    }

    private func check(
      target: String, meanwhile edits: (Scenario) -> [(TestDatabase, String)]
    ) async throws -> TableCheck {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople + target) { scenario async throws in
        var options = Check.Options()
        options.tracer = behindFirstLook(edits(scenario))
        return try await scenario.check(scenario.configuration("people").staged, options: options).tables[0]
      }
    }

    @Test func `what is mended between the looks is no difference, and told`() async throws {
      let table = try await check(target: "INSERT INTO people VALUES (1, 'Ann', 'D'), (2, 'Bea', 'D')") { scenario in
        [(scenario.target, "UPDATE people SET name = 'Bob' WHERE id = 2; INSERT INTO people VALUES (3, 'Cid', 'D')")]
      }
      #expect(table.status == .level)
      #expect(table.changing == 2)
      #expect(table.texts == ["? 2", "? 3"])
    }

    @Test func `what differs in a column at both looks is a difference, whatever its value is meanwhile`() async throws
    {
      let table = try await check(
        target: "INSERT INTO people VALUES (1, 'Ann', 'D'), (2, 'Bea', 'D'), (3, 'Cis', 'D')"
      ) { scenario in
        [(scenario.source, "UPDATE people SET name = 'Ben' WHERE id = 2")]
      }
      #expect(table.status == .different)
      #expect(table.texts == ["* 2 name", "* 3 name"])
      #expect(table.differ == 2)
    }

    @Test func `a row that is deleted on both ends meanwhile is changing`() async throws {
      let table = try await check(target: "INSERT INTO people VALUES (1, 'Ann', 'D'), (2, 'Bob', 'D'), (7, 'x', 'D')") {
        [($0.source, "DELETE FROM people WHERE id = 3"), ($0.target, "DELETE FROM people WHERE id = 7")]
      }
      #expect(table.status == .level)
      #expect(table.texts == ["? 3", "? 7"])
    }
  }
}
