internal import Files
internal import Foundation
package import Tensors

/// Where the hub is and who asks, as huggingface_hub takes it from the environment.
package struct HubSettings: Sendable {
  /// `HF_ENDPOINT`, without a slash at its end.
  package let endpoint: String
  /// `HF_TOKEN`, or what the file of `HF_TOKEN_PATH` or `HF_HOME/token` holds. Sent to the endpoint only.
  package let token: String?
  /// The variable that forbids to ask the hub, where one does.
  package let offline: String?

  /// - Throws: `hub.settings` for an endpoint that is no address, and a token that cannot be one.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(VLMError) {
    func value(_ name: String) -> String? {
      environment[name].map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    func isOn(_ name: String) -> Bool { value(name).map { ["1", "ON", "YES", "TRUE"].contains($0.uppercased()) } ?? false }
    var endpoint = value("HF_ENDPOINT") ?? "https://huggingface.co"
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    guard let address = URL(string: endpoint), ["http", "https"].contains(address.scheme), address.host() != nil, address.query() == nil
    else {
      throw VLMError(
        .hubSettings, "HF_ENDPOINT is no address of a hub: \(endpoint)", remedy: "write it as https://host, or leave it out")
    }
    self.endpoint = endpoint
    offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"].first(where: isOn)
    let home = HubCache.home(environment)
    let file = value("HF_TOKEN_PATH") ?? home.appending(path: "token").path
    let stored = try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    let token = isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN") ?? stored
    // Anything else would end the header, and begin another.
    guard token?.utf8.allSatisfy({ (33...126).contains($0) }) ?? true else {
      throw VLMError(
        .hubSettings, "the token of the hub has characters that no token has", remedy: "check HF_TOKEN, or the file \(file)")
    }
    self.token = token.flatMap { $0.isEmpty ? nil : $0 }
  }
}
