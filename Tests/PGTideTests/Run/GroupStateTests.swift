import FoundationEssentials
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Every event in every state.
@Suite struct GroupStateTests {
  /// A row of the table: in a state an event leads to another.
  private struct Move: Hashable, CustomStringConvertible {
    let state, event, next: String
    var description: String { "\(state): \(event) → \(next)" }
  }

  private static let root: String = {
    var parts = #filePath.split(separator: "/").dropLast()
    while !FileManager.default.fileExists(atPath: "/" + (parts + ["Package.swift"]).joined(separator: "/")) {
      parts.removeLast()
    }
    return "/" + parts.joined(separator: "/")
  }()

  private static let head = "| state | event | next state |"

  /// The moves of the table in one of a folder's files, of which each cell may name several events or states.
  private static func moves(in folder: String) throws -> Set<Move> {
    let files = try FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder)
      .filter { $0.hasSuffix(".md") || $0.hasSuffix(".swift") }
      .map { try String(contentsOfFile: root + "/" + folder + "/" + $0, encoding: .utf8) }
    let text = try #require(files.first { $0.contains(head) })
    let lines = text.split(separator: "\n").map { $0.hasPrefix("/// ") ? $0.dropFirst(4) : $0[...] }
    let rows = lines.drop { $0 != head }.dropFirst(2).prefix { $0.hasPrefix("| ") }
    return rows.reduce(into: []) { moves, row in
      let cells = row.dropFirst(2).dropLast(2).replacing("`", with: "").replacing(" | ", with: "|").split(
        separator: "|"
      ).map { cell in
        cell.replacing(" or ", with: ", ").replacing(", ", with: ",").split(separator: ",").map(String.init)
      }
      for event in cells[1] {
        for next in cells[2] { moves.insert(Move(state: cells[0][0], event: event, next: next)) }
      }
    }
  }

  /// What the code does, for every kind of state and event.
  private static let moves = Set(
    GroupState.samples.flatMap { state in
      GroupEvent.samples.compactMap { event in
        state.next(on: event).map { Move(state: state.name, event: event.name, next: $0.name) }
      }
    })

  @Test(arguments: ["docs", "Sources"])
  func `every event in every state leads where the table says, or cannot happen`(folder: String) throws {
    let documented = try Self.moves(in: folder)
    #expect(documented.count > 40)
    #expect(Self.moves.subtracting(documented).map(\.description).sorted() == [])
    #expect(documented.subtracting(Self.moves).map(\.description).sorted() == [])
  }

  @Test func `a chunk begins, ends and fails no more often than there are chunks`() {
    let state = GroupState.staging(unread: 2, copying: 1)
    #expect(state.next(on: .chunkBegins) == .staging(unread: 1, copying: 2))
    #expect(state.next(on: .chunkIsCopied) == .staging(unread: 2, copying: 0))
    #expect(state.next(on: .chunkFails(unread: 2)) == .staging(unread: 0, copying: 0))
    #expect(state.next(on: .chunkFails(unread: 3)) == nil)
    #expect(GroupState.staging(unread: 0, copying: 1).next(on: .chunkBegins) == nil)
    #expect(GroupState.staging(unread: 1, copying: 0).next(on: .chunkIsCopied) == nil)
    #expect(GroupState.staging(unread: 1, copying: 0).next(on: .comparisonBegins(mayLand: false)) == nil)
    #expect(GroupState.skipped(because: 0, copying: 0).next(on: .chunkIsCopied) == nil)
    #expect(GroupState.skipped(because: 0, copying: 1).next(on: .chunkFails(unread: 1)) == nil)
  }

  @Test func `a load is tried a second time without the table that stood in the way, and no third time`() {
    func givenUp(_ isSecondTry: Bool, isCulprit: Bool) -> GroupState? {
      GroupState.proving(isSecondTry: isSecondTry).next(on: .loadIsGivenUp(isCulprit: isCulprit, chunks: 3))
    }
    #expect(givenUp(false, isCulprit: false) == .empty(isSecondTry: true))
    #expect(givenUp(true, isCulprit: false) == .staging(unread: 3, copying: 0))
    #expect(givenUp(false, isCulprit: true) == .staging(unread: 3, copying: 0))
    #expect(GroupState.empty(isSecondTry: true).next(on: .loadBegins) == .loading(.init(isSecondTry: true)))
  }

  @Test func `the first parent that failed is the one that is told of`() {
    var load = GroupState.loading(.init())
    for parent in [4, 2] { load = load.next(on: .parentFails(parent)) ?? .failed }
    #expect(load == .loading(.init(failedParent: 4)))
    #expect(load.next(on: .rowsAreLoaded)?.next(on: .proofBegins) == nil)
    #expect(load.next(on: .rowsAreLoaded)?.next(on: .analysisBegins) == nil)
    #expect(load.next(on: .rowsAreLoaded)?.next(on: .rollbackBegins) == .rollingBack(because: 4))
    #expect(GroupState.comparing(.without(4)).next(on: .parentFails(2)) == .comparing(.without(4)))
    #expect(GroupState.skipped(because: 4, copying: 1).next(on: .parentFails(2)) == .skipped(because: 4, copying: 1))
  }

  @Test func `a table lands with its comparison only where its parents had landed when that began`() {
    #expect(GroupState.comparing(.last).next(on: .comparisonLands) == .landed(isStaged: true))
    #expect(GroupState.comparing(.beforeParents).next(on: .comparisonLands) == nil)
    #expect(GroupState.comparing(.without(1)).next(on: .comparisonLands) == nil)
    #expect(GroupState.comparing(.last).next(on: .parentFails(1)) == nil)
  }
}

extension GroupState {
  /// States of every kind.
  static var samples: [GroupState] {
    let loads = [false, true].flatMap { second in
      [nil, 7].map { Load(isSecondTry: second, failedParent: $0) }
    }
    let counts = [(0, 0), (0, 1), (2, 0), (2, 1)]
    return counts.map { .staging(unread: $0.0, copying: $0.1) }
      + [.empty(isSecondTry: false), .empty(isSecondTry: true)]
      + loads.flatMap { [.loading($0), .analyzing($0), .loaded($0, isAnalyzed: false), .loaded($0, isAnalyzed: true)] }
      + [.proving(isSecondTry: false), .proving(isSecondTry: true), .rollingBack(because: 7)]
      + [.comparing(.last), .comparing(.beforeParents), .comparing(.without(7)), .compared, .merging]
      + [.landed(isStaged: false), .landed(isStaged: true), .cleaning, .cleaned, .level, .failed]
      + [.skipped(because: 7, copying: 0), .skipped(because: 7, copying: 2)]
  }

  var name: String {
    switch self {
    case .staging: "staging"
    case .empty: "empty"
    case .loading: "loading"
    case .loaded: "loaded"
    case .analyzing: "analyzing"
    case .proving: "proving"
    case .rollingBack: "rolling back"
    case .comparing: "comparing"
    case .compared: "compared"
    case .merging: "merging"
    case .landed: "landed"
    case .cleaning: "cleaning"
    case .cleaned: "cleaned"
    case .level: "level"
    case .failed: "failed"
    case .skipped: "skipped"
    }
  }
}

extension GroupEvent {
  /// Events of every kind.
  static let samples: [GroupEvent] =
    [.chunkBegins, .chunkIsCopied, .chunkFails(unread: 0), .chunkFails(unread: 2), .chunkFails(unread: 3)]
    + [.loadBegins, .rowsAreLoaded, .analysisBegins, .analysisEnds, .proofBegins, .rollbackBegins, .loadLands]
    + [.loadIsGivenUp(isCulprit: false, chunks: 3), .loadIsGivenUp(isCulprit: true, chunks: 3)]
    + [.comparisonBegins(mayLand: false), .comparisonBegins(mayLand: true)]
    + [.comparisonEnds, .comparisonLands, .comparisonFails, .mergeBegins, .mergeLands, .mergeFails]
    + [.cleanupBegins, .cleanupEnds, .parentFails(5)]

  var name: String {
    switch self {
    case .chunkBegins: "chunk begins"
    case .chunkIsCopied: "chunk is copied"
    case .chunkFails: "chunk fails"
    case .loadBegins: "load begins"
    case .rowsAreLoaded: "rows are loaded"
    case .analysisBegins: "analysis begins"
    case .analysisEnds: "analysis ends"
    case .proofBegins: "proof begins"
    case .rollbackBegins: "rollback begins"
    case .loadLands: "load lands"
    case .loadIsGivenUp: "load is given up"
    case .comparisonBegins: "comparison begins"
    case .comparisonEnds: "comparison ends"
    case .comparisonLands: "comparison lands"
    case .comparisonFails: "comparison fails"
    case .mergeBegins: "merge begins"
    case .mergeLands: "merge lands"
    case .mergeFails: "merge fails"
    case .cleanupBegins: "cleanup begins"
    case .cleanupEnds: "cleanup ends"
    case .parentFails: "parent fails"
    }
  }
}
