internal import Foundation
package import Tensors

/// Frames of MP4 files, by the program `ffmpeg` in a process of its own: its decoders read strangers' files, and may not take
/// this program with them.
///
/// Colours are those of FFmpeg's unscaled conversion to RGB, as PyAV's `to_ndarray("rgb24")` and LeRobot's reader have them.
package enum VideoDecoder {
  /// Frames that are rather decoded in vain than sought past: opening the file once more costs as much.
  private static let decodedInVain = 8
  /// Files that one process has open.
  private static let mostRuns = 16

  /// Calls `take` with each wanted frame: height x width x 3 bytes, RGB.
  ///
  /// - Parameter wanted: indices into `index.times`, ascending.
  /// - Throws: `files.video.decoding` when the frames do not come out whole, `files.process.*`.
  package static func frames(
    _ wanted: [Int], of path: String, _ index: VideoIndex,
    take: (UnsafeRawBufferPointer) throws(VLMError) -> Void
  ) throws(VLMError) {
    guard !wanted.isEmpty else { return }
    guard let program = ChildProcess.find("ffmpeg") else {
      throw VLMError(
        .processMissing, "to read videos, the program ffmpeg is needed, and there is none on PATH",
        file: path,
        remedy: "install it: apt install ffmpeg, or brew install ffmpeg")
    }
    let runs = runs(wanted, index)
    for start in stride(from: 0, to: runs.count, by: mostRuns) {
      let part = Array(runs[start..<min(start + mostRuns, runs.count)])
      try decode(part, program, path, index, take: take)
    }
  }

  /// Wanted frames that are decoded in one go.
  private static func runs(_ wanted: [Int], _ index: VideoIndex) -> [[Int]] {
    var runs: [[Int]] = []
    for frame in wanted {
      if let last = runs.last?.last,
        frame - last <= decodedInVain + 1 || !index.isKey[(last + 1)...frame].contains(true)
      {
        runs[runs.count - 1].append(frame)
      } else {
        runs.append([frame])
      }
    }
    return runs
  }

  private static func decode(
    _ runs: [[Int]], _ program: String, _ path: String, _ index: VideoIndex,
    take: (UnsafeRawBufferPointer) throws(VLMError) -> Void
  ) throws(VLMError) {
    let count = runs.reduce(0) { $0 + $1.count }
    let frameBytes = index.width * index.height * 3
    let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: frameBytes, alignment: 64)
    defer { frame.deallocate() }
    var filled = 0
    var done = 0
    func refusal(_ message: String) -> VLMError {
      VLMError(
        .videoDecoding, message, file: path,
        tensor: "frames \(runs[0][0]) to \(runs.last!.last!) of \(index.times.count)",
        remedy: "the file is damaged, or this ffmpeg has no decoder for \(index.codec)")
    }
    let (status, errors) = try ChildProcess.run(program, arguments(runs, path, index)) {
      (bytes) throws(VLMError) in
      var rest = bytes[...]
      while !rest.isEmpty {
        guard done < count else { throw refusal("more frames come out than were asked for") }
        let part = rest.prefix(frameBytes - filled)
        UnsafeMutableRawBufferPointer(rebasing: frame[filled...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: part))
        filled += part.count
        rest = rest.dropFirst(part.count)
        if filled == frameBytes {
          try take(UnsafeRawBufferPointer(frame))
          (filled, done) = (0, done + 1)
        }
      }
    }
    guard status == 0, errors.isEmpty else {
      let said = errors.split(separator: "\n").first.map(String.init) ?? "exit status \(status)"
      throw refusal("ffmpeg cannot decode it: \(said)")
    }
    guard done == count, filled == 0 else { throw refusal("\(done) of \(count) frames come out") }
  }

  private static func arguments(_ runs: [[Int]], _ path: String, _ index: VideoIndex) -> [String] {
    var arguments = ["-nostdin", "-v", "error", "-xerror", "-filter_complex_threads", "1"]
    var graph = ""
    for (number, run) in runs.enumerated() {
      arguments += ["-threads", "1", "-protocol_whitelist", "file", "-f", "mov", "-noautorotate"]
      if run[0] > 0 {
        // Between two frames, so that rounding matters to neither.
        let start = (index.times[run[0] - 1] + index.times[run[0]]) / 2
        arguments += ["-seek_timestamp", "1", "-ss", String(format: "%.6f", start)]
      }
      arguments += ["-i", "file:" + (path.hasPrefix("/") ? path : "./" + path)]
      let places = run.map { "eq(n,\($0 - run[0]))" }.joined(separator: "+")
      graph += "[\(number):v:0]trim=end_frame=\(run.last! - run[0] + 1),select='\(places)'[r\(number)];"
    }
    let inputs = runs.indices.map { "[r\($0)]" }.joined()
    graph += "\(inputs)concat=n=\(runs.count):v=1:a=0,settb=1/1000,setpts=N[out]"
    // In milliseconds to the end: at the video's own rate, two frames would come to the same time.
    return arguments + [
      "-filter_complex", graph, "-map", "[out]", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "rawvideo",
      "-pix_fmt", "rgb24", "pipe:1",
    ]
  }
}
