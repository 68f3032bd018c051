import PGTide

/// The values that are tried, beside those of the settings now.
struct TuneGrid: Sendable, Equatable {
  var jobs = [1, 2, 4, 8]
  var chunkBytes = [4 << 20, 16 << 20, 64 << 20]
  var bufferBytes = [64 << 10, 256 << 10, 1 << 20]
  var formats = RowFormat.allCases

  /// Jobs and formats, which decide most: the settings now first, then what is nearest to them.
  func broad(around standard: TuneChoice) -> [TuneChoice] {
    let near = jobs.filter { $0 != standard.jobs }.sorted {
      (abs($0 - standard.jobs), -$0) < (abs($1 - standard.jobs), -$1)
    }
    let formats = [standard.copyFormat] + formats.filter { $0 != standard.copyFormat }
    return ([standard.jobs] + near).flatMap { jobs in
      formats.map { format in
        TuneChoice(
          jobs: jobs, chunkBytes: standard.chunkBytes, bufferBytes: standard.bufferBytes, copyFormat: format)
      }
    }
  }

  /// Chunks and buffers around the best of those. It is no part of them.
  func fine(around leader: TuneChoice) -> [TuneChoice] {
    let choices = chunkBytes.flatMap { chunk in
      bufferBytes.map { buffer in
        TuneChoice(jobs: leader.jobs, chunkBytes: chunk, bufferBytes: buffer, copyFormat: leader.copyFormat)
      }
    }
    // What differs in one thing first: where there is no time for all, that tells the most.
    return choices.filter { $0 != leader }.sorted { $0.differences(from: leader) < $1.differences(from: leader) }
  }
}
