extension Connection {
  /// Closes the connection; behind a pooler, which may hand the server's process on to others, not before the session is as
  /// it was found: not every pooler sees to that.
  ///
  /// Does its work in a cancelled task, too.
  public func end() async {
    if isBehindPooler, isSetUp {
      await rollBack()
      if await isServedAsBefore {
        _ = try? await cleanUp("DISCARD ALL")
      } else {
        await takeSettingsBack()
      }
    }
    close()
  }

  private var isServedAsBefore: Bool {
    get async {
      (try? await cleanUp("SELECT pg_catalog.pg_backend_pid()", within: .seconds(5)))?.rows.first?.int(0) == backend
    }
  }

  /// Takes the settings and locks back from the process that has them, though another one answers at the moment: asks again
  /// until it is that one's turn, for a while. Nothing is changed in any other. Returns whether it was met.
  @discardableResult
  package func takeSettingsBack() async -> Bool {
    guard let backend else { return false }
    let names = (options.settings + options.demands + options.wishes).map(\.name) + ["search_path"]
    let end = ContinuousClock.now.advanced(by: .seconds(2))
    while isUsable, ContinuousClock.now < end {
      let answers = try? await batch(
        [
          "SELECT pg_catalog.pg_backend_pid()",
          """
          SELECT pg_catalog.count(pg_catalog.set_config(s.name, s.reset_val, false)) FROM pg_catalog.pg_settings s
          WHERE pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \(backend)
            AND s.source OPERATOR(pg_catalog.=) 'session'
            AND s.name OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(names))::pg_catalog.text[])
          """,
          """
          SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \(backend)
            THEN pg_catalog.pg_advisory_unlock_all()::pg_catalog.text END
          """,
        ], deadline: .seconds(5))
      if answers?.first?.rows.first?.int(0) == backend { return true }
      await ConnectionPause.milliseconds(5)
    }
    return false
  }
}
