import FoundationEssentials
import Yams

/// Reads `pgtide.yaml`. The format is described in docs/configuration.md.
public enum ConfigurationFile {
  /// Reads and checks a file; `environment` gives the variables in connection strings.
  ///
  /// Throws: ``ConfigurationError`` with all mistakes.
  public static func read(path: String, environment: [String: String]) throws(ConfigurationError) -> SyncConfiguration {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let message = "there is no such file, or it cannot be read as UTF-8; name another with --config"
      throw ConfigurationError(path: path, mistakes: [.init(message: message)])
    }
    return try parse(text, path: path, environment: environment)
  }

  /// Checks a file's text; `path` is for messages only.
  public static func parse(
    _ text: String, path: String = "pgtide.yaml", environment: [String: String]
  ) throws(ConfigurationError) -> SyncConfiguration {
    let root: Node?
    do {
      // Editors on Windows begin a file with a byte order mark, which the YAML parser does not take.
      root = try Yams.compose(yaml: text.first == "\u{FEFF}" ? String(text.dropFirst()) : text)
    } catch {
      throw ConfigurationError(path: path, mistakes: [YAMLMistake.from(error)])
    }
    guard let root, !root.isEmpty else {
      throw ConfigurationError(
        path: path, mistakes: [.init(message: "the file is empty; docs/configuration.md shows a first one")])
    }
    let mistakes = MistakeCollector()
    let configuration = ConfigurationReader(mistakes: mistakes, environment: environment).read(root)
    guard let configuration, mistakes.mistakes.isEmpty else {
      let sorted = mistakes.mistakes.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
      throw ConfigurationError(path: path, mistakes: sorted)
    }
    return configuration
  }
}

/// What the YAML parser itself does not understand.
private enum YAMLMistake {
  static func from(_ error: any Error) -> ConfigurationError.Mistake {
    switch error as? YamlError {
    case .composer(let context?, _, let mark, _) where context.text.contains("single document"):
      .init(line: mark.line, column: mark.column, message: "a second document begins here, but the file is one")
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .init(line: mark.line, column: mark.column, message: "this is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      .init(
        line: context.mark.line, column: context.mark.column,
        message: "\(list(duplicates)) stands more than once in the same mapping")
    case .reader(let problem, let offset?, _, let text):
      .init(line: text.prefix(offset).count(where: \.isNewline) + 1, message: "this is not YAML: \(problem)")
    case .reader(let problem, nil, _, _):
      .init(message: "this is not YAML: \(problem)")
    default:
      .init(message: "this is not YAML")
    }
  }
}
