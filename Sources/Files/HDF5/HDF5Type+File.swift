internal import CHDF5
internal import Tensors

extension HDF5Type {
  /// The little-endian type that stands for `dtype` in a file, and in memory on the machines this runs on.
  ///
  /// - Throws: `hdf5.type` for dtypes that HDF5 has no number type for.
  static func fileType(_ dtype: DType, file: String, object: String) throws(VLMError) -> HDF5Handle {
    let made: hid_t
    switch dtype {
    case .f64: made = H5Tcopy(chdf5_t_f64le())
    case .f32: made = H5Tcopy(chdf5_t_f32le())
    case .f16: made = chdf5_make_f16le()
    case .i8: made = H5Tcopy(chdf5_t_i8le())
    case .i16: made = H5Tcopy(chdf5_t_i16le())
    case .i32: made = H5Tcopy(chdf5_t_i32le())
    case .i64: made = H5Tcopy(chdf5_t_i64le())
    case .u8: made = H5Tcopy(chdf5_t_u8le())
    case .u16: made = H5Tcopy(chdf5_t_u16le())
    case .u32: made = H5Tcopy(chdf5_t_u32le())
    case .u64: made = H5Tcopy(chdf5_t_u64le())
    case .bool: made = try boolean(file: file, object: object)
    // As Keras does: the data set gets an attribute dtype = "bfloat16".
    case .bf16: made = H5Tcreate(H5T_OPAQUE, 2)
    default:
      throw VLMError(.hdf5Type, "HDF5 has no type for \(dtype.rawValue)", file: file, tensor: object)
    }
    return try HDF5Handle(made, "cannot make its type", file: file, object: object)
  }

  private static func boolean(file: String, object: String) throws(VLMError) -> hid_t {
    let type = H5Tenum_create(chdf5_t_i8le())
    for (name, value) in [("FALSE", UInt8(0)), ("TRUE", 1)] {
      var value = value
      guard H5Tenum_insert(type, name, &value) >= 0 else {
        throw HDF5Library.failure("cannot make its type", file: file, object: object)
      }
    }
    return type
  }

  /// UTF-8 strings of any length.
  static func stringType(file: String, object: String) throws(VLMError) -> HDF5Handle {
    let type = try HDF5Handle(H5Tcopy(chdf5_t_c_string()), "cannot make its type", file: file, object: object)
    // `H5T_VARIABLE` is a macro for the largest size.
    guard H5Tset_size(type.id, Int(bitPattern: UInt.max)) >= 0, H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0
    else {
      throw HDF5Library.failure("cannot make its type", file: file, object: object)
    }
    return type
  }
}
