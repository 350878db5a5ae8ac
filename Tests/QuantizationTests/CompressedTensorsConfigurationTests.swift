import Foundation
import Mapping
import Quantization
import Tensors
import Testing

@Suite struct CompressedTensorsConfigurationTests {
  private func object(_ source: String, _ configuration: CompressedTensorsConfiguration) throws -> [String:
    Any]
  {
    let data = try configuration.added(to: Data(source.utf8), file: "config.json")
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func w8a8IsIntQuantizedWithTokenActivations() throws {
    let all = try object(
      #"{"model_type": "clip"}"#,
      CompressedTensorsConfiguration(scheme: W8A8(), granularity: .channel, ignore: ["lm_head"]))
    let quantization = try #require(all["quantization_config"] as? [String: Any])
    #expect(quantization["quant_method"] as? String == "compressed-tensors")
    #expect(quantization["format"] as? String == "int-quantized")
    #expect(quantization["quantization_status"] as? String == "compressed")
    #expect(quantization["ignore"] as? [String] == ["lm_head"])
    let group = try #require((quantization["config_groups"] as? [String: Any])?["group_0"] as? [String: Any])
    #expect(group["targets"] as? [String] == ["Linear"])
    let weights = try #require(group["weights"] as? [String: Any])
    #expect(weights["strategy"] as? String == "channel" && weights["num_bits"] as? Int == 8)
    #expect(weights["symmetric"] as? Bool == true && weights["dynamic"] as? Bool == false)
    let activations = try #require(group["input_activations"] as? [String: Any])
    #expect(activations["strategy"] as? String == "token" && activations["dynamic"] as? Bool == true)
  }

  @Test func fallbacksGetAGroupOfTheirOwn() throws {
    let configuration = CompressedTensorsConfiguration(
      scheme: W8A16(), granularity: .group(64), ignore: [], channelModules: ["visual.merger.mlp.0"])
    let groups = try #require(
      (try object("{}", configuration)["quantization_config"] as? [String: Any])?["config_groups"]
        as? [String: Any])
    let fallback = try #require(groups["group_1"] as? [String: Any])
    #expect(fallback["targets"] as? [String] == ["visual.merger.mlp.0"])
    #expect((fallback["weights"] as? [String: Any])?["strategy"] as? String == "channel")
    #expect(
      ((groups["group_0"] as? [String: Any])?["weights"] as? [String: Any])?["group_size"] as? Int == 64)
    #expect(fallback["input_activations"] is NSNull)
  }

  @Test func everythingElseStaysAsItWas() throws {
    let source = "{\n  \"rms_norm_eps\": 1e-06,\n  \"z\": [1, 2],\n  \"a\": null\n}\n"
    let configuration = CompressedTensorsConfiguration(scheme: W8A8(), granularity: .channel, ignore: [])
    let data = try configuration.added(to: Data(source.utf8), file: "config.json")
    #expect(
      String(decoding: data, as: UTF8.self).hasPrefix(
        "{\n  \"rms_norm_eps\": 1e-06,\n  \"z\": [1, 2],\n  \"a\": null,"))
  }

  @Test(arguments: ["", "[1]", "{", "nonsense"]) func refusesWhatIsNoObject(_ source: String) {
    let configuration = CompressedTensorsConfiguration(scheme: W8A8(), granularity: .channel, ignore: [])
    #expect {
      try configuration.added(to: Data(source.utf8), file: "config.json")
    } throws: { ($0 as? VLMError)?.code == .configurationMalformed }
  }

  @Test func refusesASecondQuantization() {
    let configuration = CompressedTensorsConfiguration(scheme: W8A8(), granularity: .channel, ignore: [])
    #expect {
      try configuration.added(to: Data(#"{"quantization_config": {}}"#.utf8), file: "config.json")
    } throws: { ($0 as? VLMError)?.code == .alreadyQuantized }
  }
}
