import Foundation
import Mapping
import Tensors
import TestSupport
import Testing

@testable import Runtime

/// Frequencies and positions against transformers' own (fixtures/oracle/make_rotary.py).
@Suite struct PositionTests {
  struct Truth: Decodable {
    struct Scaled: Decodable {
      let theta: Double
      let scaling: RopeScaling
      let frequencies: [Float]
    }
    struct Interleaved: Decodable {
      let sections: [Int]
      let axes: [Int]
    }
    struct Positions: Decodable {
      let groups: [Group]
      let axes: [[Int]]
      let next: Int
    }
    struct Sinusoidal: Decodable {
      let width: Int
      let rows: [String: [Float]]
    }
    /// A run of text, or an image's grid of language tokens.
    enum Group: Decodable {
      case text(Int)
      case image([Int])
      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let count = try? value.decode(Int.self) {
          self = .text(count)
        } else {
          self = .image(try value.decode([Int].self))
        }
      }
    }
    let scaled: [Scaled]
    let interleaved: [Interleaved]
    let positions: [Positions]
    let sinusoidal: Sinusoidal
  }

  static let truth = Result {
    try JSONDecoder().decode(Truth.self, from: Data(contentsOf: Fixture.url("language/positions.json")))
  }

  static func language(_ change: (inout LanguageConfiguration) -> Void) throws -> LanguageConfiguration {
    var language = try #require(
      try MappedCheckpoint.open(Fixture.url("families/qwen2_vl/transformers-5").path).configuration.language)
    change(&language)
    return language
  }

  @Test func frequenciesAreScaledAsTransformersDoes() throws {
    for case_ in try Self.truth.get().scaled {
      let language = try Self.language {
        $0.headWidth = 2 * case_.frequencies.count
        $0.mropeSections = nil
        $0.ropeScaling = case_.scaling
      }
      let ours = try RotaryFrequencies(language, theta: case_.theta).frequencies
      for (a, b) in zip(ours, case_.frequencies) {
        // torch's f32 power against ours in f64, rounded once.
        #expect(abs(a - b) <= 3e-7 * b, "\(case_.scaling.kind)")
      }
    }
  }

  @Test func unknownScalingIsRefused() throws {
    let language = try Self.language {
      $0.ropeScaling = try? JSONDecoder().decode(
        RopeScaling.self, from: Data(#"{"rope_type": "longrope"}"#.utf8))
    }
    let error = try #require(throws: VLMError.self) { try RotaryFrequencies(language, theta: 10000) }
    #expect(error.code == .configurationInvalid)
  }

  @Test func interleavedAxesTakeTurns() throws {
    for case_ in try Self.truth.get().interleaved {
      let language = try Self.language {
        $0.headWidth = 2 * case_.axes.count
        $0.mropeSections = case_.sections
        $0.mropeInterleaved = true
      }
      #expect(try RotaryFrequencies(language, theta: 10000).axes == case_.axes)
    }
  }

  @Test func sectionsMustFillTheHead() throws {
    let language = try Self.language { $0.mropeSections = [1, 1, 1] }
    let error = try #require(throws: VLMError.self) { try RotaryFrequencies(language, theta: 10000) }
    #expect(error.code == .configurationInvalid)
  }

  @Test func imagesStandInTheirGrid() throws {
    for case_ in try Self.truth.get().positions {
      let language = try Self.language { $0.imageTokenId = 300 }
      var tokens: [Int] = []
      var images: [ImageFeatures] = []
      for group in case_.groups {
        switch group {
        case .text(let count): tokens += [Int](repeating: 7, count: count)
        case .image(let grid):
          let count = grid.reduce(1, *)
          tokens += [Int](repeating: 300, count: count)
          images.append(
            ImageFeatures(
              StageActivation(
                values: .init([count, language.width]) { _ in }, grid: (grid[1], grid[2]), frames: grid[0])))
        }
      }
      let input = try Prompt(tokens, images: images, for: language)
      let positions = TokenPositions(input, startingAt: 0, for: language)
      #expect(positions.axes == case_.axes)
      #expect(positions.next == case_.next)
    }
  }

  @Test func sinesAndCosines() throws {
    let truth = try Self.truth.get().sinusoidal
    for (position, row) in truth.rows {
      var ours = [Float](repeating: 0, count: truth.width)
      SinusoidalPositions(width: truth.width).add([Int(position)!], to: &ours)
      for (a, b) in zip(ours, row) {
        // Angles of up to 299 radians in f32: one step there is 3e-5.
        #expect(abs(a - b) < 4e-5)
      }
    }
  }

  @Test(
    arguments: [
      (0, 4, 0, nil, [0..<1, 0..<2, 0..<3, 0..<4]), (3, 2, 0, nil, [0..<4, 0..<5]),
      (0, 5, 3, nil, [0..<3, 0..<3, 0..<3, 0..<4, 0..<5]), (0, 4, 0, 2, [0..<1, 0..<2, 1..<3, 2..<4]),
      (0, 5, 3, 2, [0..<3, 0..<3, 0..<3, 2..<4, 3..<5]), (5, 1, 0, 3, [3..<6]),
    ] as [(Int, Int, Int, Int?, [Range<Int>])])
  func visibility(_ past: Int, _ rows: Int, _ prefix: Int, _ window: Int?, _ expected: [Range<Int>]) {
    #expect(VisibleKeys.ranges(past: past, rows: rows, prefix: prefix, window: window) == expected)
  }

  /// Images that see themselves both ways (Gemma 3): the window bounds how far back they look, not how far forward.
  @Test(
    arguments: [
      (0, 6, [1..<4], nil, [0..<1, 0..<4, 0..<4, 0..<4, 0..<5, 0..<6]),
      (0, 6, [1..<4], 2, [0..<1, 0..<4, 1..<4, 2..<4, 3..<5, 4..<6]),
      (2, 4, [0..<2, 3..<5], 3, [0..<3, 1..<5, 2..<5, 3..<6]),
    ] as [(Int, Int, [Range<Int>], Int?, [Range<Int>])])
  func visibilityOfImages(
    _ past: Int, _ rows: Int, _ images: [Range<Int>], _ window: Int?, _ expected: [Range<Int>]
  ) {
    #expect(VisibleKeys.ranges(past: past, rows: rows, prefix: 0, images: images, window: window) == expected)
  }

  /// An image that straddles the end of a part goes into the next as a whole, or makes its own longer.
  @Test(
    arguments: [
      ([(1020, 10)], [0..<1020, 1020..<2010]), ([(0, 1100)], [0..<1100, 1100..<2124]), ([(1014, 10)], [0..<1024, 1024..<2010]),
      ([(1000, 24), (1030, 1030)], [0..<1024, 1024..<1030, 1030..<2060, 2060..<3054]),
    ] as [([(Int, Int)], [Range<Int>])])
  func imagesAreNotCut(_ images: [(Int, Int)], _ expected: [Range<Int>]) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("families/gemma3/transformers-4").path)
    let language = try #require(checkpoint.configuration.language)
    var tokens = [Int](repeating: 5, count: 2000 + images.reduce(0) { $0 + $1.1 })
    for (start, count) in images { for row in start..<start + count { tokens[row] = language.imageTokenId! } }
    let features = images.map { _, count in
      ImageFeatures(StageActivation(values: .init([count, language.width]) { _ in }, grid: (1, count)))
    }
    let prompt = try Prompt(tokens, images: features, for: language)
    #expect(LanguageModel.chunks(of: prompt).prefix(expected.count) == expected[...])
    #expect(LanguageModel.chunks(of: prompt).last?.upperBound == tokens.count)
  }
}
