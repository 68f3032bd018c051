import EphemeralPostgres
import FoundationEssentials
import Testing

extension Integration {
  /// A marked password is given in every way that there is, everything is made to fail, and whatever was written is
  /// searched for the mark.
  @Suite struct SecretsTests {
    /// One run: what the configuration says of the two ends, and what must come of it.
    struct Case: Sendable {
      var name: String
      var source: String
      var target: String
      var tables = "  people:\n"
      var environment: [String: String?] = [:]
      var files: [String: String] = [:]
      var code: Int32 = 0
      /// What the error output or the report says, so that the case fails for its own reason.
      var says = ""

      var yaml: String {
        "source: \(source)\ntarget: \(target)\norigin: {column: source, ours: D}\ntables:\n\(tables)"
      }
    }

    /// Once as people run it with everything shown, once with everything logged as JSON.
    private static let commands = [
      "$PGTIDE sync --debug --rejects-file rejects.jsonl", "$PGTIDE sync --json --log-format json --log-level trace",
      "$PGTIDE plan --sql --log-level trace",
    ]

    private func check(
      _ cases: [Case], with commands: some Sequence<String> = commands, on server: MarkedServer
    ) async throws {
      for one in cases {
        for command in commands {
          let ended = try await PGTideProcess.run(
            command, files: one.files.merging(["pgtide.yaml": one.yaml]) { $1 }, environment: one.environment)
          #expect(server.leaks(ended) == [], "\(one.name): \(command)")
          guard !command.contains("plan") else { continue }
          #expect(ended.code == one.code, "\(one.name): \(command)\n\(ended.errors)")
          #expect(
            (ended.errors + ended.output).contains(one.says), "\(one.name): \(command)\n\(ended.errors)\(ended.output)")
        }
      }
    }

    @Test func `no way of giving a password shows it`() async throws {
      try await MarkedServer.run { server async throws in
        let none = (server.keywords("office", password: nil), server.keywords("app", password: nil))
        let entry = "*:*:*:\(MarkedServer.user):\(MarkedPassword.inPasswordFile)\n"
        func service(_ name: String) -> String {
          "[\(name)]\nhost=127.0.0.1\nport=\(server.cluster.port)\nuser=\(MarkedServer.user)\ndbname=\(name)\n"
            + "password=\(MarkedPassword.plain)\n"
        }
        let ways = [
          Case(
            name: "keywords in the file", source: MarkedPassword.yaml(server.keywords("office")),
            target: MarkedPassword.yaml(server.keywords("app"))),
          Case(
            name: "URIs in the file", source: MarkedPassword.yaml(server.uri("office")),
            target: MarkedPassword.yaml(server.uri("app"))),
          Case(
            name: "keywords in a variable", source: "${OFFICE}", target: "{connection: \"${APP}\"}",
            environment: ["OFFICE": server.keywords("office"), "APP": server.keywords("app")]),
          Case(
            name: "URIs in a variable", source: "${OFFICE}", target: "${APP}",
            environment: ["OFFICE": server.uri("office"), "APP": server.uri("app")]),
          Case(
            name: "PGPASSWORD", source: none.0, target: none.1, environment: ["PGPASSWORD": MarkedPassword.plain]),
          Case(
            name: "PGPASSFILE", source: none.0, target: none.1, environment: ["PGPASSFILE": "secret"],
            files: ["secret": entry]),
          Case(
            name: "passfile", source: none.0 + " passfile=secret", target: none.1 + " passfile=secret",
            files: ["secret": entry]),
          Case(
            name: "a service", source: "service=office", target: "service=app",
            environment: ["PGSERVICEFILE": "services"], files: ["services": service("office") + service("app")]),
        ]
        try await check(ways, on: server)
        #expect(try await server.leaks() == [])
      }
    }

    @Test func `no failure shows a password`() async throws {
      try await MarkedServer.run { server async throws in
        try await check(Self.failures(on: server), on: server)
        #expect(try await server.leaks() == [])
      }
    }

    private static func failures(on server: MarkedServer) -> [Case] {
      let (office, app) = (MarkedPassword.yaml(server.keywords("office")), MarkedPassword.yaml(server.uri("app")))
      func source(_ name: String, _ connection: String, code: Int32 = 5, says: String) -> Case {
        Case(name: name, source: MarkedPassword.yaml(connection), target: app, code: code, says: says)
      }
      func tables(_ names: String, code: Int32, says: String) -> Case {
        Case(name: names, source: office, target: app, tables: names, code: code, says: says)
      }
      let wrong = MarkedPassword.inKeywords.dropLast() + "\(MarkedPassword.mark)'"
      let secret = MarkedPassword.inURI
      return [
        source(
          "wrong password", server.keywords("office", password: String(wrong)), says: "password authentication failed"),
        source("no password", server.keywords("office", password: nil), says: "no password supplied"),
        source(
          "unknown host", "host=no.such.host.invalid user=u password=\(MarkedPassword.inKeywords)",
          says: "could not translate host name"),
        source("refused port", "postgresql://u:\(secret)@127.0.0.1:1/office", says: "Connection refused"),
        source("no such database", server.uri("nowhere"), says: "does not exist"),
        source("no TLS", server.uri("office", more: "?sslmode=require"), says: "does not support SSL"),
        source(
          "no root certificate", server.keywords("office", more: " sslmode=verify-full sslrootcert=none.crt"),
          says: "SSL"),
        source("a setting's bad value", server.keywords("office", more: " sslmode=sometimes"), says: "sslmode"),
        source("a bad session option", server.keywords("office", more: " options='-c nothing.at=all -c x'"), says: ""),
        source(
          "a service that is not there", server.keywords("office", more: " service=nowhere"),
          says: "nowhere"),
        tables("  nowhere:\n", code: 4, says: "no table"),
        tables("  people: {where: \"name > \"}\n", code: 4, says: "syntax error"),
        tables("  strict:\n", code: 2, says: "refused by the target"),
        tables("  dirty:\ndefaults: {max_rejects: 0}\n", code: 1, says: "more than the 0 that --max-rejects allows"),
        tables("  dirty:\n", code: 2, says: "NULL in the key"),
        tables("  people: {colour: blue}\n", code: 78, says: "unknown key"),
      ]
    }

    @Test func `no malformed connection string is shown, here or in the server's log`() async throws {
      try await MarkedServer.run { server async throws in
        let (mark, port) = (MarkedPassword.mark, server.cluster.port)
        let strings = [
          "postgresql://u:\(mark)a@\(mark)b@127.0.0.1/x", "postgresql://u:\(mark)a/\(mark)b@127.0.0.1/x",
          "postgresql://u:\(mark)a/\(mark)b@127.0.0.1", "postgresql://u:12345/\(mark)@127.0.0.1",
          "postgresql://u:\(mark)a?\(mark)b@\(mark)c@127.0.0.1/x", "postgresql://u:\(mark)%zz@127.0.0.1/x",
          "postgresql://u:p@127.0.0.1:\(mark)/x",
          "postgresql//u:\(mark)@127.0.0.1:\(port)/x", "u:\(mark)@127.0.0.1/x", "mysql://u:\(mark)@127.0.0.1/x",
          "host=127.0.0.1 password=\(mark)a \(mark)b", "host=127.0.0.1 pasword=\(mark)",
          "host=127.0.0.1 password='\(mark)", "host=127.0.0.1 password=\(mark)a \(mark)b=c",
          "host=u:\(mark)@127.0.0.1", "host=postgresql://u:\(mark)@127.0.0.1/x",
          "host=127.0.0.1 port=\(port) user=postgres dbname=postgresql://u:\(mark)@127.0.0.1/x",
          "host=127.0.0.1 port=\(mark)",
        ]
        let app = server.uri("app")
        try await check(
          strings.map { string in
            Case(
              name: string, source: "${OFFICE}", target: "${APP}", environment: ["OFFICE": string, "APP": app],
              code: 78,
              says: string.contains("pasword") ? "which libpq does not know" : "the connection string is not valid")
          }, with: Self.commands.prefix(2), on: server)
        let log = try String(contentsOfFile: server.cluster.logFile, encoding: .utf8)
        #expect(!log.contains(mark))
      }
    }

    @Test func `a mistake on a connection's line does not quote the line`() async throws {
      try await MarkedServer.run { server async throws in
        let mark = MarkedPassword.mark
        let connection = "host=127.0.0.1 user=u password=\(mark)"
        let sources = [
          "{\(connection)}", "\n  \(connection):", "[\(connection)]", "'\(connection)' x", "\"\(connection)",
          "{a: \(connection)",
          "\n  connection: \(connection) ${NOBODY}", "\(connection) ${", "\(connection): x: y",
          "{connection: \(connection), password: \(mark)}", "&a \(connection)\n\(connection): *b",
          "x\npostgresql://u:\(mark)@127.0.0.1/x: y", "x\n\(connection)\n  y: z", "x\nflow: \(connection)",
          "x\n\(connection): 1\n\(connection): 2", "x\ndefaults: {jobs: \(connection)}",
        ]
        try await check(
          sources.map { Case(name: $0, source: $0, target: "${APP}", environment: ["APP": "host=x"], code: 78) },
          with: Self.commands.prefix(2), on: server)
      }
    }

    /// What stops a run from outside.
    enum Blow: String, CaseIterable {
      case interrupt = "INT", end = "TERM", kill = "KILL", crash = "SEGV"
      /// The server goes, not the command.
      case server

      var codes: Set<Int32> {
        switch self {
        case .interrupt: [130]
        case .end: [143]
        case .kill: [137]
        case .crash: [139]
        case .server: [1, 3, 5]
        }
      }
    }

    @Test func `a run that is stopped shows no password, nor does one at work to other processes`() async throws {
      try await MarkedServer.run { server async throws in
        let environment = ["OFFICE": server.uri("office"), "APP": server.keywords("app")]
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [people]\n"
        let pidFile = FileManager.default.temporaryDirectory.appending(path: "pgtide-pid-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: pidFile) }
        // The merge waits for this trigger's lock, so that the blow meets it at work.
        for (blow, log) in zip(Blow.allCases, ["", "--log-format json", "--debug", "--log-level trace", "--debug"]) {
          let holder = TaskSlot<Void>()
          holder.start { try await server.app.run("BEGIN; LOCK TABLE people; SELECT pg_sleep(60)") }
          defer { holder.cancel() }
          try await server.app.wait(
            for: "t", from: "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock'")
          async let running = PGTideProcess.run(
            "ulimit -c 0; { $PGTIDE sync \(log) & echo $! >'\(pidFile)'; wait $!; }", files: ["pgtide.yaml": yaml],
            environment: environment)
          try await server.app.wait(for: "t", from: TestDatabase.waitingForLock)
          let pid = try String(contentsOfFile: pidFile, encoding: .utf8).filter(\.isNumber)
          #expect(try await !server.activity().contains(MarkedPassword.mark))
          #expect(try String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8).contains("pgtide"))
          #expect(try !String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8).contains(MarkedPassword.mark))
          #expect(
            ProcessInfo.processInfo.environment["SWIFT_BACKTRACE"] == nil,
            "a crash would print memory as it is asked to")
          // It starts no process that could inherit its environment.
          #expect(try Self.children(of: pid) == [])
          if blow == .server {
            try await server.cluster.crash()
          } else {
            _ = try await PGTideProcess.run("kill -\(blow.rawValue) \(pid)", files: [:])
          }
          let ended = try await running
          #expect(blow.codes.contains(ended.code), "\(blow): \(ended.code)\n\(ended.errors)")
          #expect(server.leaks(ended) == [], "\(blow)")
          if blow == .server { try await server.cluster.start() }
          try await server.app.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
          )
        }
        let ended = try await PGTideProcess.run("$PGTIDE sync", files: ["pgtide.yaml": yaml], environment: environment)
        #expect(ended.code == 0)
        #expect(try await server.leaks() == [])
      }
    }

    /// Processes whose parent is `pid`.
    private static func children(of pid: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
        guard name.allSatisfy(\.isNumber),
          let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
        else { return false }
        // pid (name) state parent; the name may hold blanks.
        return stat.split(separator: ") ").last?.split(separator: " ").dropFirst().first == Substring(pid)
      }
    }
  }
}
