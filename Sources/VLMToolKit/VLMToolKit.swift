// The library under one name: `import VLMToolKit`. What it does not re-export is no part of its interface.

@_exported public import Datasets
@_exported public import Features
@_exported public import Images
@_exported public import Mapping
@_exported public import Probing
@_exported public import Quantization
@_exported public import Runtime
@_exported public import Statistics
@_exported public import Tensors
