import ArgumentParser
import EphemeralPostgres
import FoundationEssentials

struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run pgtide, one psql session a side and batched INSERTs in turn, and compare what they cost.",
    discussion: "Writes a Markdown table and JSON. Servers are started for the run and removed behind it.")

  @Option(
    help: ArgumentHelp(
      "The rows: practice (15 tables, 92,387 rows), narrow (1,000,000 short ones) or wide (20,000 of 64 columns).",
      valueName: "name"))
  var data = BenchData.practice

  @Option(help: "Multiply them; of the practice data those of the larger tables.")
  var scale = 1

  @Option(help: "How many rows instead, of narrow and wide.")
  var rows: Int?

  @Option(help: "How often each contender runs; the medians count (default: 5, with --short 2).")
  var rounds: Int?

  @OptionGroup var link: LinkOptions

  @Flag(help: "Only what the thresholds need: pgtide and psql, no 1 % changed or deleted.")
  var short = false

  @Flag(help: "Only the checks of both ends.")
  var checks = false

  @Flag(help: "Also pgtide with a key that the target makes; of narrow and wide.")
  var generated = false

  @Option(help: ArgumentHelp("Fail if a ratio is above these limits.", valueName: "file"))
  var check: String?

  @Option(help: ArgumentHelp("Where the table and the JSON go.", valueName: "dir"))
  var output = ".bench"

  @Option(help: ArgumentHelp("The pgtide to measure.", valueName: "file"))
  var pgtide = "Benchmarks/.build/release/pgtide"

  @Option(help: ArgumentHelp("The scripts of the psql session.", valueName: "dir"))
  var floor = "Benchmarks/floor"

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp(
      "Behind --, options of pgtide sync, such as --jobs 4 or --integrity triggers.", valueName: "options"))
  var options: [String] = []

  func validate() throws {
    guard (1...1000).contains(scale) else { throw ValidationError("The scale must be 1 to 1000.") }
    guard rounds ?? 1 > 0 else { throw ValidationError("There must be a round at least.") }
    guard rows ?? 1000 >= 1000 else { throw ValidationError("There must be 1000 rows at least.") }
    guard data != .practice || rows == nil && !generated else {
      throw ValidationError("--rows and --generated need --data narrow or wide.")
    }
  }

  func run() async throws {
    let report = try await compare()
    let name = fileName
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    try report.json.write(to: URL(filePath: "\(output)/\(name).json"))
    try report.markdown.write(toFile: "\(output)/\(name).md", atomically: true, encoding: .utf8)
    print(report.markdown)
    print("written to \(output)/\(name).md and .json")
    guard let check else { return }
    let (lines, isKept) = try Thresholds(file: check).check(report)
    for line in lines { print(line) }
    if !isKept { throw ExitCode(1) }
  }

  private func compare() async throws -> BenchReport {
    let others: [Contender] = (short ? [.session] : [.session, .batched]) + (generated ? [.generated] : [])
    let contenders = [.pgtide] + others + [.rowTexts]
    let syncs: [Scenario] = short ? [.firstLoad, .unchanged, .fiftyChanged] : Scenario.syncs
    let scenarios = (checks ? [] : syncs) + Scenario.checks
    let rounds = rounds ?? (short ? 2 : 5)
    let programs = Match.Programs(
      pgtide: try program(pgtide), options: options, bench: try program(CommandLine.arguments[0]),
      floor: absolute(floor),
      postgres: try await .find())
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "pgtide-bench-\(String(UInt64.random(in: .min ... .max), radix: 36))").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let rows = rows ?? data.rows(scale: scale)
    note("starting two servers with \(rows) rows ...")
    return try await Arena.with(
      data, scale: scale, rows: rows, sourceLink: link.sourceLink, targetLink: link.targetLink
    ) { arena in
      let match = Match(
        arena: arena, directory: directory, programs: programs, contenders: contenders.filter { $0 != .rowTexts },
        scenarios: scenarios)
      let board = try await match.play(rounds: rounds, throughLink: link.isSimulated, progress: note)
      let version = try await arena.target.database.value("SELECT split_part(version(), ' ', 2)")
      return BenchReport(
        board, data: data, rows: arena.rows, rounds: rounds, link: link.title, options: options, server: version,
        contenders: contenders,
        scenarios: scenarios)
    }
  }

  /// Tells one kind of comparison from another.
  private var fileName: String {
    var parts = [checks ? "checks" : short ? "short" : "compare", rows.map { "rows-\($0)" } ?? "scale-\(scale)"]
    if data != .practice { parts.append(data.rawValue) }
    parts += options.map { $0.filter { $0.isLetter || $0.isNumber } }
    if let rtt = link.rtt { parts.append("rtt-\(rtt.milliseconds)ms") }
    if let rate = link.rate { parts.append("rate-\(decimal(rate.megabits, 0))mbit") }
    if link.isSimulated { parts.append(link.far.rawValue) }
    return parts.joined(separator: "-")
  }

  private func absolute(_ path: String) -> String { URL(filePath: path).standardized.path }

  private func program(_ path: String) throws -> String {
    let path = absolute(path)
    guard FileManager.default.isExecutableFile(atPath: path) else { throw BenchError("there is no program \(path)") }
    return path
  }

  private func note(_ text: String) {
    var errors = StandardError()
    print(text, to: &errors)
  }
}
