internal import Files
internal import Tensors

/// The weights among all that a pickle of torch holds.
struct TorchStateDict {
  /// In the order in which they were set.
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  /// Where they stand: `state_dict`; `nil` where they are the whole.
  let key: String?
  /// What was left out.
  private(set) var notices: [Notice] = []

  /// Where training programs keep the weights, when they keep more.
  static let keys = ["state_dict", "model_state_dict", "model", "module"]

  /// - Throws: `torch.stateDict` where there is none, `torch.ambiguous` where there are several, `torch.duplicateName`.
  init(_ result: PickleMachine.Result, file: String) throws(VLMError) {
    let search = Search(nodes: result.nodes, file: file)
    let top = try search.members(result.top, of: nil)
    let place = try search.place(in: top, at: result.top)
    key = place.key
    let members = place.key == nil ? top : try search.members(place.reference, of: place.key)
    var names: Set<String> = []
    var skipped: [String] = []
    for (name, value) in members {
      if search.holdsTensors(value) {
        throw VLMError(
          .torchStateDict, "tensors stand in a dictionary of their own within the state dict", file: file, tensor: name,
          remedy: "save one flat state dict: torch.save(model.state_dict(), FILE)")
      }
      guard case .tensor(let tensor)? = search.object(value) else {
        skipped.append(name)
        continue
      }
      guard names.insert(name).inserted else {
        throw VLMError(
          .torchDuplicateName, "the state dict names this tensor twice", file: file, tensor: name, offset: tensor.offset,
          remedy: "two readers could see different data; get the file from a source you trust")
      }
      tensors.append((name, tensor))
    }
    if let key = place.key {
      let beside = Self.listed(top.map(\.name).filter { $0 != key })
      notices.append(
        Notice(
          .note, "the weights are those under \"\(key)\"" + (beside.isEmpty ? "" : "; beside it, and not read: \(beside)"),
          file: file))
    }
    if !skipped.isEmpty {
      notices.append(Notice(.note, "what is no tensor in the state dict is not read: \(Self.listed(skipped))", file: file))
    }
  }

  private static func listed(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", … \(names.count) in all" : "")
  }
}

extension TorchStateDict {
  /// Looks two dictionaries deep, whatever stands in them.
  private struct Search {
    let nodes: [PickleNode]
    let file: String

    func object(_ reference: Int) -> TorchObject? {
      if case .object(let object) = nodes[reference] { object as? TorchObject } else { nil }
    }

    /// The tensors of a dictionary, not counting those of dictionaries in it.
    func tensors(in reference: Int) -> [TorchTensor] {
      guard case .dict(let elements) = nodes[reference] else { return [] }
      return stride(from: 1, to: elements.count, by: 2).compactMap { place in
        if case .tensor(let tensor)? = object(elements[place]) { tensor } else { nil }
      }
    }

    func holdsTensors(_ reference: Int) -> Bool { !tensors(in: reference).isEmpty }

    /// The members of a dictionary that have texts for keys; in a state dict all must.
    func members(_ reference: Int, of key: String?) throws(VLMError) -> [(name: String, value: Int)] {
      guard case .dict(let elements) = nodes[reference] else {
        throw failure("it holds \(kind(reference)), and no dictionary of tensors")
      }
      var members: [(name: String, value: Int)] = []
      for place in stride(from: 0, to: elements.count, by: 2) {
        if case .text(let name) = nodes[elements[place]] {
          members.append((name, elements[place + 1]))
        } else if case .tensor? = object(elements[place + 1]) {
          throw failure("a tensor\(key.map { " under \"\($0)\"" } ?? "") has a key that is no text")
        }
      }
      return members
    }

    /// Where the state dict stands among the members of the whole.
    func place(
      in members: [(name: String, value: Int)], at top: Int
    ) throws(VLMError) -> (key: String?, reference: Int) {
      let found = members.filter { TorchStateDict.keys.contains($0.name) && holdsTensors($0.value) }
      let own = tensors(in: top)
      func ambiguous(_ message: String) -> VLMError {
        VLMError(
          .torchAmbiguous, message, file: file,
          remedy: "save only the weights that are meant: torch.save(state_dict, FILE)")
      }
      if let first = found.first {
        guard found.allSatisfy({ $0.value == first.value }) else {
          throw ambiguous("there are \(found.count) state dicts: \(found.map { "\"\($0.name)\"" }.joined(separator: ", "))")
        }
        // A loss or a score is no weight.
        guard own.allSatisfy({ $0.elementCount == 1 }) else {
          throw ambiguous("there are tensors beside the state dict \"\(first.name)\"")
        }
        return (first.name, first.value)
      }
      guard own.isEmpty else { return (nil, top) }
      let others = members.filter { holdsTensors($0.value) }.map(\.name)
      throw failure(
        "it has no tensors at its top, nor under \(TorchStateDict.keys.map { "\"\($0)\"" }.joined(separator: ", "))"
          + (others.isEmpty ? "" : "; there are some under \(TorchStateDict.listed(others))"))
    }

    private func failure(_ message: String) -> VLMError {
      VLMError(
        .torchStateDict, message, file: file,
        remedy: "save the state dict by itself: torch.save(model.state_dict(), FILE)")
    }

    private func kind(_ reference: Int) -> String {
      switch nodes[reference] {
      case .list: "a list"
      case .tuple: "a tuple"
      case .object: object(reference)?.isOpaque == false ? "one tensor" : "something that is not read"
      default: "one value"
      }
    }
  }
}
