internal import Tensors

extension TorchGlobal {
  /// What each name means. The last group only stands in what training keeps beside the weights, and is not read.
  static let kinds: [String: Kind] = {
    var kinds: [String: Kind] = [
      "collections.OrderedDict": .orderedDict, "torch.Size": .size,
      "torch._utils._rebuild_tensor": .tensor(arguments: 4, dtype: nil),
      "torch._utils._rebuild_tensor_v2": .tensor(arguments: 6, dtype: nil),
      "torch._utils._rebuild_tensor_v3": .tensor(arguments: 7, dtype: 6),
      "torch._utils._rebuild_parameter": .parameter, "torch._utils._rebuild_parameter_with_state": .parameter,
      "torch._tensor._rebuild_from_type_v2": .ofType,
      "torch.storage.UntypedStorage": .storage(nil),
    ]
    for (name, dtype) in storages { kinds["torch.\(name)Storage"] = .storage(dtype) }
    for (name, dtype) in dtypes { kinds["torch.\(name)"] = .dtype(dtype) }
    for (module, names) in opaque {
      for name in names { kinds["\(module).\(name)"] = .opaque }
    }
    return kinds
  }()

  private static let storages: [(String, DType)] = [
    ("Double", .f64), ("Float", .f32), ("Half", .f16), ("BFloat16", .bf16), ("Long", .i64), ("Int", .i32),
    ("Short", .i16), ("Char", .i8), ("Byte", .u8), ("Bool", .bool),
  ]

  private static let dtypes: [(String, DType)] = [
    ("float64", .f64), ("float32", .f32), ("float16", .f16), ("bfloat16", .bf16), ("int64", .i64), ("int32", .i32),
    ("int16", .i16), ("int8", .i8), ("uint8", .u8), ("bool", .bool), ("uint16", .u16), ("uint32", .u32),
    ("uint64", .u64), ("float8_e4m3fn", .f8E4M3), ("float8_e5m2", .f8E5M2), ("float8_e8m0fnu", .f8E8M0),
    ("float8_e4m3fnuz", .f8E4M3FNUZ), ("float8_e5m2fnuz", .f8E5M2FNUZ),
  ]

  /// By module. Protocol 2 calls `builtins` by its old name.
  private static let opaque: [(String, [String])] = {
    let types = [
      "set", "frozenset", "list", "dict", "tuple", "int", "long", "float", "bool", "str", "unicode", "bytes", "bytearray",
      "complex", "slice", "range", "xrange", "object",
    ]
    let paths = ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"]
    return [
      ("builtins", types), ("__builtin__", types), ("typing", ["Any", "Dict", "List", "Optional", "Tuple", "Union"]),
      ("collections", ["defaultdict", "deque", "Counter"]), ("_codecs", ["encode"]),
      ("argparse", ["Namespace"]), ("pathlib", paths), ("pathlib._local", paths),
      ("datetime", ["date", "datetime", "time", "timedelta", "timezone"]),
      ("torch", ["device", "Tensor"]), ("torch.nn.parameter", ["Parameter", "Buffer"]),
      ("numpy", ["dtype", "ndarray"]), ("numpy.core.multiarray", ["scalar", "_reconstruct"]),
      ("numpy._core.multiarray", ["scalar", "_reconstruct"]),
      ("pytorch_lightning.utilities.parsing", ["AttributeDict"]),
      ("lightning.pytorch.utilities.parsing", ["AttributeDict"]),
      ("lightning_fabric.utilities.data", ["AttributeDict"]),
      ("lightning.fabric.utilities.data", ["AttributeDict"]),
      ("deepspeed.runtime.fp16.loss_scaler", ["LossScaler", "DynamicLossScaler"]),
      ("deepspeed.runtime.zero.config", ["ZeroStageEnum"]),
      ("deepspeed.utils.tensor_fragment", ["fragment_address"]),
      ("omegaconf.dictconfig", ["DictConfig"]), ("omegaconf.listconfig", ["ListConfig"]),
      ("omegaconf.base", ["ContainerMetadata", "Metadata"]),
      (
        "omegaconf.nodes",
        ["AnyNode", "BooleanNode", "BytesNode", "FloatNode", "IntegerNode", "PathNode", "StringNode"]
      ),
    ]
  }()
}
