package import Mapping

extension MappedCheckpoint: ParameterSource {}
