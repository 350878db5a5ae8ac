import Foundation
import TestSupport

@testable import ActionTokens

/// What fixtures/oracle/make_jarvis.py wrote: a transcription of the specification in Python.
struct Oracle: Decodable {
  struct Vocabulary: Decodable {
    let begin: Int
    let end: Int
    /// First id and number of choices, group by group.
    let groups: [[Int]]
  }

  struct Sums: Decodable {
    let survivors: Int
    let survivorsWithInventory: Int
    let tokens: String
    let tokensWithInventory: String
    let decoded: String
    let decodedWithInventory: String
    let pressed: String
    let keySets: String
  }

  struct Sample: Decodable {
    let buttons: Int
    let camera: Int
    let tokens: [Int]
    let inventoryTokens: [Int]
    let decoded: [Int]
    let keys: [String]
    /// Of pitch and yaw.
    let bins: [Int]
  }

  struct Answer: Decodable {
    let vocabulary: String
    let ids: [Int]
    /// Buttons and camera of each.
    let actions: [[Int]]
    let spans: [[Int]]
    let length: Int
    let first: [[Int]]
    let last: [[Int]]
  }

  struct Text: Decodable {
    let text: String
    let reserved: [Int]
    let actions: [[Int]]
  }

  struct Environment: Decodable {
    let keys: [String]
    let pitch: Double
    let yaw: Double
    let index: [Int]
    let tokens: [Int]
    let inventoryTokens: [Int]
  }

  let keys: [String]
  let vocabularies: [String: Vocabulary]
  /// Degrees and their bin.
  let bins: [[Double]]
  let degrees: [Double]
  let sums: Sums
  let samples: [Sample]
  let answers: [Answer]
  let texts: [Text]
  let environment: [Environment]

  static let truth = try! JSONDecoder().decode(
    Oracle.self, from: Data(contentsOf: Fixture.url("jarvis/actions.json")))
}

extension ActionIndex {
  var pair: [Int] { [buttons, camera] }
}

extension ActionDecoder.Answer {
  var pairs: [[Int]] { actions.map(\.index.pair) }
}
