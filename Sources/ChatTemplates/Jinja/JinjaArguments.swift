internal import Tensors

/// What a function, filter, test or macro is called with.
struct JinjaArguments {
  var positional: [JinjaValue] = []
  var named: [(name: String, value: JinjaValue)] = []

  /// The argument at `index`, or the one called `name`.
  func value(_ index: Int, _ name: String) -> JinjaValue? {
    index < positional.count ? positional[index] : named.first { $0.name == name }?.value
  }

  func string(_ index: Int, _ name: String, _ renderer: JinjaRenderer) throws(VLMError) -> String? {
    switch value(index, name) {
    case nil, .some(.none): return nil
    case .string(let text): return text
    case .some(let other): throw renderer.failure("'\(name)' should be a text, not \(other.typeName)")
    }
  }

  func whole(_ index: Int, _ name: String, _ renderer: JinjaRenderer) throws(VLMError) -> Int? {
    switch value(index, name) {
    case nil, .some(.none): return nil
    case .some(let given):
      guard let whole = given.whole else {
        throw renderer.failure("'\(name)' should be a whole number, not \(given.typeName)")
      }
      return whole
    }
  }
}
