/// What one run cost, or the median of several runs.
struct Figures: Codable {
  /// Seconds from the start of the process to its end.
  var wall: Double
  /// CPU seconds of the contender's own processes.
  var ownCPU: Double
  /// CPU seconds of both servers.
  var serverCPU: Double
  /// Bytes: the peak of the contender's largest process.
  var peakMemory: Double
  /// Bytes of write-ahead log on the target.
  var walBytes: Double
  /// Bytes that went to the target, and that came back.
  var bytesToTarget: Double = 0
  var bytesFromTarget: Double = 0
  /// Bytes that came from the source.
  var bytesFromSource: Double = 0
  /// Times that somebody waited for an answer, at both ends together.
  var roundTrips: Double = 0
}

/// One column of figures, by the name that it has in the JSON.
enum Metric: String, Codable, CaseIterable {
  case wall, ownCPU, serverCPU, peakMemory, bytesToTarget, bytesFromTarget, bytesFromSource, roundTrips, walBytes

  var place: WritableKeyPath<Figures, Double> {
    switch self {
    case .wall: \.wall
    case .ownCPU: \.ownCPU
    case .serverCPU: \.serverCPU
    case .peakMemory: \.peakMemory
    case .bytesToTarget: \.bytesToTarget
    case .bytesFromTarget: \.bytesFromTarget
    case .bytesFromSource: \.bytesFromSource
    case .roundTrips: \.roundTrips
    case .walBytes: \.walBytes
    }
  }

  var title: String {
    switch self {
    case .wall: "wall s"
    case .ownCPU: "own CPU s"
    case .serverCPU: "server CPU s"
    case .peakMemory: "peak MiB"
    case .bytesToTarget: "to target MB"
    case .bytesFromTarget: "from target MB"
    case .bytesFromSource: "from source MB"
    case .roundTrips: "round trips"
    case .walBytes: "WAL MB"
    }
  }

  /// What to divide by for a table that people read, and how many decimals to show.
  var display: (unit: Double, decimals: Int) {
    switch self {
    case .wall, .ownCPU, .serverCPU: (1, 2)
    case .peakMemory: (1_048_576, 0)
    case .bytesToTarget, .bytesFromTarget, .bytesFromSource, .walBytes: (1_000_000, 2)
    case .roundTrips: (1, 0)
    }
  }
}

extension [Figures] {
  /// The median of each figure by itself; of an even number, the lower of the two in the middle.
  var medians: Figures {
    var medians = self[0]
    for metric in Metric.allCases {
      medians[keyPath: metric.place] = map { $0[keyPath: metric.place] }.sorted()[(count - 1) / 2]
    }
    return medians
  }
}
