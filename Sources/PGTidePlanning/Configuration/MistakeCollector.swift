import Yams

/// Collects mistakes while a file is read, so that all of them are told at once.
package final class MistakeCollector {
  package private(set) var mistakes: [ConfigurationError.Mistake] = []

  package func add(_ node: Node?, _ message: String) {
    add(line: node?.mark?.line, column: node?.mark?.column, message)
  }

  package func add(_ mark: Mark, _ message: String) { add(line: mark.line, column: mark.column, message) }

  package func add(line: Int?, column: Int? = nil, _ message: String) {
    mistakes.append(.init(line: line, column: column, message: message.withVisibleControls))
  }
}
