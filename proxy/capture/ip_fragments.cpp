#include "proxy/capture/ip_fragments.hpp"

#include <algorithm>
#include <iterator>

namespace legible::capture {
namespace {

using Parts = std::map<std::size_t, std::vector<std::uint8_t>>;

bool overlaps(const Parts& parts, std::size_t begin, std::size_t end) {
  const auto next = parts.lower_bound(begin);
  if (next != parts.end() && next->first < end) return true;
  if (next == parts.begin()) return false;
  const auto& [offset, bytes] = *std::prev(next);
  return offset + bytes.size() > begin;
}

bool repeats(const Parts& parts, const IpFragment& fragment) {
  const auto same = parts.find(fragment.offset);
  return same != parts.end() && std::ranges::equal(same->second, fragment.payload);
}

}  // namespace

std::optional<TcpSegment> IpFragments::add(const IpFragment& fragment) {
  const Key key{fragment.source, fragment.destination, fragment.identification};
  auto datagram = std::ranges::find(unfinished_, key, &Datagram::key);
  const std::size_t end = fragment.offset + fragment.payload.size();
  if (fragment.cut || fragment.payload.empty() || end > longest_datagram) {
    if (datagram != unfinished_.end()) unfinished_.erase(datagram);
    return std::nullopt;
  }
  if (datagram == unfinished_.end()) {
    if (unfinished_.size() == capacity) unfinished_.pop_front();
    unfinished_.push_back({key, {}, {}, 0});
    datagram = std::prev(unfinished_.end());
  }

  if (repeats(datagram->parts, fragment)) return std::nullopt;
  const Parts& parts = datagram->parts;
  const bool beyond_end = datagram->length && (!fragment.more || end > *datagram->length);
  const bool end_before_others = !fragment.more && !parts.empty() && parts.rbegin()->first >= end;
  if (beyond_end || end_before_others || overlaps(parts, fragment.offset, end)) {
    unfinished_.erase(datagram);
    return std::nullopt;
  }
  datagram->parts.emplace(
      fragment.offset, std::vector<std::uint8_t>(fragment.payload.begin(), fragment.payload.end()));
  datagram->received += fragment.payload.size();
  if (!fragment.more) datagram->length = end;
  if (datagram->length != datagram->received) return std::nullopt;

  whole_.clear();
  for (const auto& [offset, bytes] : datagram->parts) {
    whole_.insert(whole_.end(), bytes.begin(), bytes.end());
  }
  unfinished_.erase(datagram);
  const Dissected dissected =
      dissect_tcp(fragment.source, fragment.destination, whole_, whole_.size());
  if (const auto* segment = std::get_if<TcpSegment>(&dissected)) return *segment;
  return std::nullopt;
}

}  // namespace legible::capture
