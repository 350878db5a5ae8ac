internal import Files
internal import Tensors

extension HDF5Weights {
  /// The group with `layer_names`, in weights at the top, in whole models at `/model_weights`; `nil` in other layouts.
  ///
  /// A whole model's `model_config` and `training_config` are not even read.
  static func legacyRoot(of file: HDF5File) throws(VLMError) -> HDF5Group? {
    if try file.root.hasLayerNames { return file.root }
    guard try file.root.members().contains(where: { $0.name == "model_weights" && $0.kind == .group }) else {
      return nil
    }
    let nested = try file.root.group("model_weights")
    return try nested.hasLayerNames ? nested : nil
  }

  /// The tensors of the layout Keras had before `.weights.h5`: `dense/dense/kernel:0`, a layer and the name of its weight.
  static func legacyKeras(_ file: HDF5File, _ root: HDF5Group) throws(VLMError) -> HDF5Tensors {
    try HDF5Tensors(file, try legacyWeights(root).map { ("\($0.layer)/\($0.weight)", $0.dataset) })
  }

  /// Every weight that a layer lists, with the layer's name and its own.
  static func legacyWeights(
    _ root: HDF5Group
  ) throws(VLMError) -> [(layer: String, weight: String, dataset: HDF5Dataset)] {
    // Weights that belong to no layer stand in a group of this name, which is not among the layers.
    let outside = "top_level_model_weights"
    var layers = try root.nameList("layer_names")
    if !layers.contains(outside), root.contains(outside) { layers.append(outside) }
    var weights: [(layer: String, weight: String, dataset: HDF5Dataset)] = []
    for layer in layers {
      let group = try root.named(layer) { (root, name) throws(VLMError) in try root.group(name) }
      for weight in try group.nameList("weight_names") {
        let dataset = try group.named(weight) { (group, name) throws(VLMError) in try group.dataset(name) }
        weights.append((layer, weight, dataset))
      }
    }
    return weights
  }
}

extension HDF5Group {
  fileprivate var hasLayerNames: Bool {
    get throws(VLMError) { try attributeNames().contains { $0 == "layer_names" || $0 == "layer_names0" } }
  }

  /// A list of names that Keras keeps in an attribute, or in several when it is long.
  fileprivate func nameList(_ attribute: String) throws(VLMError) -> [String] {
    // An empty list has been written as numbers.
    if let value = try self.attribute(attribute), value.numbers?.isEmpty == true { return [] }
    guard let names = try stringList(attribute) else {
      throw VLMError(
        .hdf5WeightNames, "the list \(attribute) is missing or not of strings", file: file.path, tensor: path,
        remedy: "the file is not of Keras, or damaged; save the weights again")
    }
    return names
  }

  /// What a list says is in here; a name that leads nowhere is the list's fault.
  fileprivate func named<R>(
    _ name: String, _ body: (HDF5Group, String) throws(VLMError) -> R
  ) throws(VLMError) -> R {
    let isRelative = !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
    do throws(VLMError) {
      guard isRelative else { throw VLMError(.hdf5NotFound, "not a name within the group") }
      return try body(self, name)
    } catch {
      guard error.code == .hdf5NotFound || error.code == .hdf5ObjectKind else { throw error }
      throw VLMError(
        .hdf5WeightNames, "\"\(name)\", which a list names, is not there", file: file.path, tensor: path,
        remedy: "the file is damaged; save the weights again", cause: error)
    }
  }
}
