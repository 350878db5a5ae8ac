import Foundation
import Tensors
import TestSupport
import Testing

@testable import Datasets

/// Against MuJoCo; see fixtures/oracle/make_scenes.py.
@Suite struct MJCFCamerasTests {
  private struct Case: Decodable {
    let what: String
    let model: String
    let position: [Double]
    /// x, y and z, one after another.
    let axes: [Double]
    let fovy: Double
    let height: Int
    let width: Int
    let points: [Point]
  }

  private struct Point: Decodable {
    let world: [Double]
    /// x, y and depth; not there for a point behind the camera.
    let place: [Double]?
  }

  private static func cases() throws -> [Case] {
    try JSONDecoder().decode([Case].self, from: Data(contentsOf: Fixture.url("scenes/cameras.json")))
  }

  private static func distance(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(left.count == right.count ? 0 : .infinity) { max($0, abs($1.0 - $1.1)) }
  }

  @Test func everySpellingIsWhatMuJoCoMakesOfIt() throws {
    let cases = try Self.cases()
    #expect(cases.count == 16)
    for each in cases {
      let camera = try MJCFCameras(parsing: each.model).camera(named: "agentview")
      #expect(Self.distance(camera.pose.position, each.position) < 1e-9, "\(each.what)")
      #expect(Self.distance(camera.pose.rotation, each.axes) < 1e-9, "\(each.what): \(camera.pose.rotation)")
      #expect(camera.fieldOfView == each.fovy, "\(each.what)")
      for point in each.points {
        let found = camera.place(of: point.world, width: each.width, height: each.height)
        guard let found, let place = point.place else {
          #expect((found == nil) == (point.place == nil), "\(each.what): behind or not")
          continue
        }
        // Relative, for a point hardly before the camera is far outside of the frame.
        let scale = place.reduce(1) { max($0, abs($1)) }
        #expect(Self.distance([found.x, found.y, found.depth], place) < 1e-9 * scale, "\(each.what)")
      }
    }
    let points = cases.flatMap(\.points)
    #expect(points.contains { $0.place == nil } && points.count { $0.place != nil } > 60)
  }

  @Test(arguments: [
    ("<worldbody><camera name='front'/></worldbody>", "there is no camera agentview"),
    (
      "<worldbody><camera name='agentview' mode='trackcom'/></worldbody>",
      "the camera agentview moves (mode trackcom)"
    ),
    (
      "<worldbody><body name='hand'><joint/><body><camera name='agentview'/></body></body></worldbody>",
      "the camera agentview moves with the body hand"
    ),
    (
      "<worldbody><body><frame><camera name='agentview'/></frame><frame><freejoint/></frame></body></worldbody>",
      "the camera agentview moves with the body"
    ),
    (
      "<worldbody><body mocap='true' name='m'><camera name='agentview'/></body></worldbody>",
      "the camera agentview moves with the body m"
    ),
    (
      "<default><camera orthographic='true'/></default><worldbody><camera name='agentview'/></worldbody>",
      "the camera agentview is orthographic"
    ),
    (
      "<worldbody><camera name='agentview' projection='orthographic'/></worldbody>",
      "the camera agentview is orthographic"
    ),
    (
      "<worldbody><camera name='agentview' sensorsize='1 1'/></worldbody>",
      "the camera agentview has a sensor of its own (sensorsize), which is not read"
    ),
    ("<worldbody><camera name='agentview' pos='1 2'/></worldbody>", "pos is \"1 2\", not 3 numbers"),
    ("<worldbody><camera name='agentview' pos='1 2 nan'/></worldbody>", "pos is \"1 2 nan\", not 3 numbers"),
    ("<worldbody><camera name='agentview' quat='0 0 0 0'/></worldbody>", "quat has no direction"),
    ("<worldbody><camera name='agentview' zaxis='0 0 1e200'/></worldbody>", "zaxis has no direction"),
    (
      "<worldbody><camera name='agentview' fovy='180'/></worldbody>",
      "the camera agentview sees 180.0 degrees (fovy)"
    ),
    (
      "<compiler eulerseq='xy'/><worldbody><camera name='agentview' euler='1 2 3'/></worldbody>",
      "eulerseq is xy, which are not three axes"
    ),
    (
      "<include file='x.xml'/><worldbody><camera name='agentview' pos='1 2 3' fovy='45' euler='1 2 3'/></worldbody>",
      "the camera agentview depends on x.xml, which the model includes"
    ),
    (
      "<include file='x.xml'/><worldbody><body><camera name='agentview' pos='1 2 3' fovy='45' zaxis='1 2 3'/></body></worldbody>",
      "the camera agentview depends on x.xml, which the model includes"
    ),
  ])
  func whatCannotBeProjectedWithIsRefused(body: String, said: String) throws {
    let cameras = try MJCFCameras(parsing: "<mujoco>\(body)</mujoco>")
    let error = #expect(throws: VLMError.self) { try cameras.camera(named: "agentview") }
    #expect(error?.code == .datasetCamera && error?.message == said && error?.remedy != nil)
  }

  @Test func aPointBesideTheCameraIsNowhere() {
    let camera = PinholeCamera(pose: .identity, fieldOfView: 45)
    #expect(camera.place(of: [1, 0, 0], width: 10, height: 10) == nil)
    #expect(camera.place(of: [1, 0, -1e-320], width: 10, height: 10) == nil)
    #expect(camera.place(of: [0, 0, -1], width: 10, height: 20) == FramePlace(x: 5, y: 10, depth: 1))
  }

  /// What another file may say does not bear upon it.
  @Test func aCameraThatSaysAllIsReadBesideAnInclude() throws {
    let text = """
      <mujoco><include file="arm.xml"/><worldbody><camera name="agentview" pos="1 2 3" xyaxes="1 0 0 0 0 1" fovy="30"/>
      </worldbody></mujoco>
      """
    let camera = try MJCFCameras(parsing: text).camera(named: "agentview")
    #expect(camera.pose.position == [1, 2, 3] && camera.pose.rotation == [1, 0, 0, 0, 0, 1, 0, -1, 0])
  }
}
