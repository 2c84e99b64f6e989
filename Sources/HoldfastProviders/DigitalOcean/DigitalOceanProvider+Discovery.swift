import Foundation
public import HoldfastCore

extension DigitalOceanProvider: DiscoveringProvider {
    /// Every Droplet with a tag, over all pages.
    public func discover(
        _ selector: TargetSelector
    ) async throws(ProviderError) -> [DiscoveredSubject] {
        guard case .tag(let tag) = selector,
            let encoded = tag.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        else {
            throw ProviderError(
                .permanent, "DigitalOcean's Droplets are picked by 'tag', not by \(selector.kind)")
        }
        let (droplets, _) = try await client.all(
            DigitalOceanWire.DropletPage.self, "/v2/droplets?tag_name=\(encoded)")
        var titles: [Int64: String] = [:]
        for droplet in droplets where droplet.id > 0 {
            titles[droplet.id] = BoundedText.cut(droplet.name ?? "", to: 255)
        }
        return titles.sorted { $0.key < $1.key }.map {
            DiscoveredSubject(.droplet(id: $0.key), title: $0.value)
        }
    }
}
