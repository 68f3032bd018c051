import FoundationEssentials
import Glibc
import Postgres
import SystemPackage

/// The private directory of one run's spill: `FLOW.TARGET.RUN` under the user's spill directory.
package struct SpillDirectory: Sendable, Hashable {
  package let path: String
  /// The number of the run that made it.
  package let run: Int

  // MARK: - Making and finding

  /// Makes the directory that those of all runs stand in. Done before a run begins, so that a path that cannot be
  /// written is told before anything happens.
  ///
  /// Throws: ``SyncError``; ``SpillFull`` when the disk has no room for it.
  package static func prepare(_ base: String) throws {
    do {
      if !FileManager.default.fileExists(atPath: base) {
        try FileManager.default.createDirectory(
          atPath: base, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      }
      guard FileManager.default.isWritableFile(atPath: base), isDirectory(base) else { throw Errno.permissionDenied }
    } catch {
      throw failure(
        "the spill directory \(base) cannot be written", error,
        "Give --spill-dir a directory that can be written, or use --spill never")
    }
  }

  /// Makes a run's own, which nobody else may enter.
  ///
  /// Throws: ``SyncError``; ``SpillFull`` when the disk has no room for it.
  package static func create(in base: String, flow: String, target: SpillEnd, run: RunIdentity) throws -> SpillDirectory
  {
    let path = "\(base)/\(flow).\(target.fingerprint).\(run.id)"
    do {
      // Fails if there is one, whoever made it.
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw failure(
        "the spill's directory \(path) cannot be made", error,
        "Give --spill-dir another directory, or use --spill never"
      )
    }
    let directory = SpillDirectory(path: path, run: Int(run.id) ?? 0)
    guard directory.isPrivate else {
      _ = directory.remove()
      throw SyncError(
        message: "the spill's directory \(path) cannot be made private", advice: "Use another --spill-dir")
    }
    return directory
  }

  private static func failure(_ what: String, _ error: any Error, _ advice: String? = nil) -> any Error {
    let message = "\(what): \(error.plain)"
    return error.isOutOfSpace ? SpillFull(reason: message) : SyncError(message: message, advice: advice)
  }

  /// The flow's directories for this target, the oldest run's first.
  package static func all(in base: String, flow: String, target: SpillEnd) -> [SpillDirectory] {
    names(in: base, flow: flow).filter { $0.target == target.fingerprint }
      .map { SpillDirectory(path: "\(base)/\($0.name)", run: $0.run) }
      .filter(\.isPrivate).sorted { $0.run < $1.run }
  }

  /// Whether there is any directory of the flow, for whatever target.
  package static func hasAny(in base: String, flow: String) -> Bool { !names(in: base, flow: flow).isEmpty }

  private static func names(in base: String, flow: String) -> [(name: String, target: String, run: Int)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
    return names.compactMap { name in
      // A flow's name holds no dot.
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == flow, let run = Int(parts[2]) else { return nil }
      return (name, String(parts[1]), run)
    }
  }

  /// Ours, a directory and no link to one, and closed to others: nobody else has put anything into it.
  private var isPrivate: Bool {
    guard let facts = try? Stat(FilePath(path), followTargetSymlink: false), facts.type == .directory else {
      return false
    }
    let others: FilePermissions = [.groupReadWriteExecute, .otherReadWriteExecute]
    return facts.userID.rawValue == geteuid() && facts.permissions.isDisjoint(with: others)
  }

  private static func isDirectory(_ path: String) -> Bool {
    (try? Stat(FilePath(path)))?.type == .directory
  }

  // MARK: - What is in it

  /// Throws: ``SyncError``; ``SpillFull`` when the disk has no room for it.
  package func write(_ manifest: SpillManifest) throws {
    let file = "\(path)/\(SpillManifest.fileName)"
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      // To a file beside it, which is synced and then takes its name.
      try encoder.encode(manifest).write(to: URL(filePath: file), options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      let directory = try FileDescriptor.open(FilePath(path), .readOnly)
      _ = try directory.closeAfter { fsync(directory.rawValue) }
    } catch {
      throw Self.failure("the spill's manifest \(file) cannot be written", error)
    }
  }

  /// Throws: ``ResumeRefusal`` where there is none that can be read.
  package func manifest() throws(ResumeRefusal) -> SpillManifest {
    let file = "\(path)/\(SpillManifest.fileName)"
    struct Format: Decodable { let format: String }
    do {
      let data = try Data(contentsOf: URL(filePath: file))
      let format = try JSONDecoder().decode(Format.self, from: data).format
      guard format == SpillManifest.currentFormat else {
        throw ResumeRefusal(
          "\(file) has the format \"\(format)\", and this version reads \"\(SpillManifest.currentFormat)\"")
      }
      return try JSONDecoder().decode(SpillManifest.self, from: data)
    } catch let error as ResumeRefusal {
      throw error
    } catch {
      throw ResumeRefusal("\(file) cannot be read: \(error.plain)")
    }
  }

  /// Returns the bytes that they held.
  package func remove(_ files: [String]) -> Int {
    var bytes = 0
    for file in files.map({ "\(path)/\($0)" }) {
      guard let facts = try? Stat(FilePath(file), followTargetSymlink: false),
        (try? FileManager.default.removeItem(atPath: file)) != nil
      else { continue }
      bytes += Int(facts.size)
    }
    return bytes
  }

  /// Returns why it could not be removed.
  package func remove() -> String? {
    do {
      try FileManager.default.removeItem(atPath: path)
      return nil
    } catch {
      return "the spill's directory \(path) could not be removed: \(error.plain)"
    }
  }
}
