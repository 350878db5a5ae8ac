package import Files
package import Images
package import Tensors

/// A policy behind a server: pictures and instructions in, chunks of actions out, over JSON and over openpi's websocket.
///
/// | place | what it answers |
/// |---|---|
/// | `GET /healthz` | `OK` |
/// | `GET /metadata` | `metadata` |
/// | `POST /act` | `{"image": base64 or data URL of a JPEG or PNG, "instruction": text}` with `{"actions": [[...]], "seconds": ...}` |
/// | websocket at `/` | what `openpi_client.WebsocketClientPolicy` says: see `PolicyObservation` |
package struct ServedPolicy: Sendable {
  /// What clients are told of the policy: an object.
  package let metadata: JSONValue
  /// The key of its picture in observations, beside the usual ones.
  package let camera: String?
  /// What the robot is told where a client does not say it.
  package let instruction: String?
  /// The next actions, `[chunk][action]`; called on one thread.
  package let act: @Sendable (RGBImage, String) throws -> [[Double]]

  package init(
    metadata: JSONValue, camera: String? = nil, instruction: String? = nil,
    act: @escaping @Sendable (RGBImage, String) throws -> [[Double]]
  ) {
    (self.metadata, self.camera, self.instruction, self.act) = (metadata, camera, instruction, act)
  }

  /// - Throws: `serving.handler.failed` when `metadata` holds a number that is not finite.
  package func routes() throws(VLMError) -> [Route] {
    let greeting = SocketMessage.binary(MessagePack(metadata).encoded)
    return [
      Route("GET", "/healthz", .fixed(.text("OK\n"))),
      Route("GET", "/metadata", .fixed(try .json(metadata))),
      Route("POST", "/act", .handler { try answer(PolicyRequest($0, instruction: instruction)) }),
      Route("GET", "/", .socket(SocketService(greeting: greeting) { try answer($0, previousSeconds: $1) })),
    ]
  }

  private func answer(_ request: PolicyRequest) throws -> Response {
    let (actions, seconds) = try actions(request.picture, request.instruction)
    return try .json(
      .object([
        "actions": .array(actions.map { .array($0.map { .double($0) }) }), "seconds": .double(seconds),
      ]))
  }

  private func answer(_ message: SocketMessage, previousSeconds: Double?) throws -> SocketMessage {
    guard case .binary(let bytes) = message else {
      throw Rejection(
        VLMError(.requestContent, "an observation is a map of MessagePack in a binary message, not a text"))
    }
    let observation = try PolicyObservation(bytes, camera: camera, instruction: instruction)
    let (actions, seconds) = try actions(observation.picture, observation.instruction)
    var timing: [MessagePack.Key: MessagePack] = [.string("infer_ms"): .double(seconds * 1000)]
    timing[.string("prev_total_ms")] = previousSeconds.map { .double($0 * 1000) }
    return .binary(
      MessagePack.map([.string("actions"): .matrix(actions), .string("server_timing"): .map(timing)]).encoded)
  }

  /// - Throws: what `act` throws, and `serving.handler.failed` for actions that are not finite or not all equally wide.
  private func actions(_ picture: RGBImage, _ instruction: String) throws -> ([[Double]], seconds: Double) {
    let clock = ContinuousClock()
    let start = clock.now
    let actions = try act(picture, instruction)
    let seconds = (clock.now - start) / .seconds(1)
    guard actions.allSatisfy({ $0.count == actions[0].count }) else {
      throw VLMError(.handlerFailed, "the policy's actions are not all equally wide")
    }
    for (step, action) in actions.enumerated() {
      if let place = action.firstIndex(where: { !$0.isFinite }) {
        throw VLMError(.handlerFailed, "number \(place) of action \(step) is \(action[place])")
      }
    }
    return (actions, seconds)
  }
}

extension MessagePack {
  /// The same value of JSON.
  package init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(Int64(value))
    case .double(let value): self = .double(value)
    case .string(let value): self = .string(value)
    case .array(let values): self = .array(values.map(MessagePack.init))
    case .object(let members):
      var map: [Key: MessagePack] = [:]
      for (key, value) in members { map[.string(key)] = MessagePack(value) }
      self = .map(map)
    }
  }
}
