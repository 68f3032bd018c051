import Benchmark
import CopyFormat
import LZ4Frame

/// The parts of pgtide that touch every byte, without a server. Throughput counts megabytes: an iteration works on one.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput, .cpuTotal, .peakMemoryResident], scalingFactor: .one,
    maxDuration: .seconds(3))
  let stream = SampleStream(megabytes: 1)

  Benchmark("COPY scan, 1 MB in buffers of 64 KiB") { benchmark in
    for _ in benchmark.scaledIterations {
      var scanner = CopyStreamScanner(fieldCount: SampleStream.fieldCount)
      for buffer in stream.buffers { blackHole(try scanner.scan(buffer.span.bytes)) }
      try scanner.finish()
    }
  }

  // Throughput counts thousands of keys here.
  Benchmark("Key cache, 1,000 keys read out of tuples and looked up among 100,000") { benchmark in
    let tuples = SampleStream.tuples(1000)
    var known = KeySet()
    for key in 0..<100_000 { known.insert(UInt64(key) &* 31) }
    var fields: [CopyField] = []
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations {
      var reader = CopyTupleReader(fieldCount: SampleStream.fieldCount)
      var found = 0
      while try reader.next(in: tuples.span.bytes, into: &fields) {
        if let digest = fields[0].digest(in: tuples.span.bytes), known.contains(digest) { found += 1 }
      }
      blackHole(found)
    }
  }

  Benchmark("LZ4 compression, 1 MB of COPY stream") { benchmark in
    var output: [UInt8] = []
    for _ in benchmark.scaledIterations {
      output.removeAll(keepingCapacity: true)
      var compressor = try LZ4FrameCompressor()
      for buffer in stream.buffers { try compressor.compress(buffer.span.bytes, appendingTo: &output) }
      try compressor.finish(appendingTo: &output)
      blackHole(output.count)
    }
  }

  Benchmark("LZ4 decompression, 1 MB of COPY stream") { benchmark in
    let frame = try stream.compressed()
    var output: [UInt8] = []
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations {
      output.removeAll(keepingCapacity: true)
      var decompressor = try LZ4FrameDecompressor()
      var start = 0
      while start < frame.count {
        let step = try decompressor.decompress(
          frame.span.extracting(start...).bytes, appendingTo: &output, limit: 1 << 20)
        start += step.consumed
      }
      try decompressor.finish()
      blackHole(output.count)
    }
  }
}
