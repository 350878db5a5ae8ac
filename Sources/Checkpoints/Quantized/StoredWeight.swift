internal import Tensors

/// A float tensor that is kept as codes, scales and whatever goes with them.
protocol StoredWeight: Sendable {
  /// The tensors that it is kept in, whose bytes `decode` is given in this order.
  var parts: [String] { get }

  /// Elements that are decoded together: a row, where one scale may go over it.
  var unit: Int { get }

  /// What products are rounded to before they are rounded to the tensor's dtype.
  var precision: DType { get }

  /// In a few words: `int4, one scale a group of 128`.
  var description: String { get }

  /// Writes whole units as f32.
  ///
  /// - Throws: `StoredWeightFault` for what headers do not show.
  func decode(
    _ units: Range<Int>, _ bytes: [UnsafeRawBufferPointer], into values: UnsafeMutablePointer<Float>
  ) throws(StoredWeightFault)
}

/// What is wrong with the data of a part.
struct StoredWeightFault: Error {
  let part: String
  let message: String
}

/// A tensor of a checkpoint that is read as floats, and what it is kept as.
struct QuantizedTensor: Sendable {
  let descriptor: TensorDescriptor
  let weight: any StoredWeight
  /// How what comes into the layer is rounded; `nil`: not at all.
  var inputs: InputRounding?
}
