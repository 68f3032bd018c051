import FoundationEssentials
import Glibc
import SystemPackage
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What people read of errors that Foundation words for programmers.
@Suite struct PlainErrorTests {
  private struct Shape: Decodable {
    var name: String
    var parts: [Int]
  }

  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return error.plain
    }
  }

  @Test func `of a file it says what the system says`() {
    let manager = FileManager.default
    let missing = error { _ = try manager.contentsOfDirectory(atPath: "/nonexistent") }
    #expect(missing == "No such file or directory")
    let read = error { _ = try Data(contentsOf: URL(filePath: "/nonexistent/file")) }
    #expect(read == "No such file or directory")
    let directory = error { _ = try Data(contentsOf: URL(filePath: "/")) }
    let full = error { try Data([1]).write(to: URL(filePath: "/dev/full")) }
    let there = error { try manager.createDirectory(atPath: "/dev/null", withIntermediateDirectories: false) }
    for text in [missing, read, directory, full, there] {
      #expect(!["no error", "Domain", "Error", "Code", "Cocoa", "UserInfo"].contains { text.contains($0) }, "\(text)")
    }
    #expect(CocoaError(.fileWriteOutOfSpace).isOutOfSpace)
    #expect(POSIXError(.EDQUOT).isOutOfSpace && Errno.noSpace.isOutOfSpace && !Errno.permissionDenied.isOutOfSpace)
  }

  @Test(arguments: [
    ("{", "the JSON is not valid"), (#"{"parts": []}"#, #"the JSON lacks "name""#),
    (#"{"name": "a", "parts": [1, "b"]}"#, "parts.1 in the JSON is of another type"),
    (#"{"name": null, "parts": []}"#, "name in the JSON has no value"),
  ])
  func `of JSON it says where it is wrong`(text: String, said: String) {
    #expect(error { _ = try JSONDecoder().decode(Shape.self, from: Data(text.utf8)) } == said)
  }
}
