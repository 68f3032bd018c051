import FoundationEssentials
import Glibc
import SystemPackage

extension Error {
  /// In words for people: what the file system, or a JSON file, is at odds with. Foundation's own texts are for
  /// programmers.
  package var plain: String {
    switch self {
    case let error as POSIXError: Errno(rawValue: error.code.rawValue).description
    case let error as CocoaError:
      error.cause?.plain ?? error.code.plain
    case let error as DecodingError: error.whereAndWhat
    case is EncodingError: "it cannot be written as JSON"
    default: "\(self)"
    }
  }
}

extension Error {
  /// The disk, or the user's part of it, is full.
  package var isOutOfSpace: Bool {
    switch self {
    case let error as Errno: error == .noSpace || error == .diskQuotaExceeded
    case let error as POSIXError: Errno(rawValue: error.code.rawValue).isOutOfSpace
    case let error as CocoaError: error.code == .fileWriteOutOfSpace || error.cause?.isOutOfSpace == true
    default: false
    }
  }
}

extension CocoaError {
  fileprivate var cause: (any Error)? { underlying }
}

extension CocoaError.Code {
  fileprivate var plain: String {
    switch self {
    case .fileNoSuchFile, .fileReadNoSuchFile: Errno.noSuchFileOrDirectory.description
    case .fileReadNoPermission, .fileWriteNoPermission: Errno.permissionDenied.description
    case .fileWriteFileExists: Errno.fileExists.description
    case .fileWriteOutOfSpace: Errno.noSpace.description
    case .fileWriteVolumeReadOnly: Errno.readOnlyFileSystem.description
    case .fileReadCorruptFile: "it is not what it should be"
    default: "the file system refuses it (\(rawValue))"
    }
  }
}

extension DecodingError {
  fileprivate var whereAndWhat: String {
    let (context, what): (Context?, String) =
      switch self {
      case .typeMismatch(_, let context): (context, "is of another type")
      case .valueNotFound(_, let context): (context, "has no value")
      case .keyNotFound(let key, let context): (context, "lacks \"\(key.stringValue)\"")
      case .dataCorrupted(let context): (context, "is not valid")
      @unknown default: (nil, "is not valid")
      }
    let keys: [String] = (context?.codingPath ?? []).map { key in key.intValue.map { "\($0)" } ?? key.stringValue }
    let place = keys.isEmpty ? "the JSON" : "\(keys.joined(separator: ".")) in the JSON"
    return "\(place) \(what)"
  }
}
