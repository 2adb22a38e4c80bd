#include "proxy/capture/packet_source.hpp"

#include <pcap/pcap.h>

#include <algorithm>

namespace legible::capture {

std::optional<LinkLayer> link_layer_of(int link_type) {
  // In files raw IP has a number that is the same everywhere; libpcap gives the system's.
  constexpr int raw_in_files = 101;
  switch (link_type) {
    case DLT_EN10MB:
      return LinkLayer::ethernet;
    case DLT_NULL:
    case DLT_LOOP:
      return LinkLayer::loopback;
    case raw_in_files:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkLayer::raw_ip;
    case DLT_LINUX_SLL:
      return LinkLayer::linux_cooked_v1;
    case DLT_LINUX_SLL2:
      return LinkLayer::linux_cooked_v2;
    default:
      return std::nullopt;
  }
}

std::string link_type_text(int link_type) {
  const char* name = pcap_datalink_val_to_name(link_type);
  return std::to_string(link_type) + " (" + (name ? name : "unknown") + ")";
}

std::string unknown_link_type(int link_type) {
  return "packets of link type " + link_type_text(link_type) +
         " cannot be read: only Ethernet, Linux cooked, loopback and raw IP";
}

Time capture_time(std::int64_t seconds, std::int64_t microseconds) {
  constexpr std::int64_t year_9999 = 253402300799;
  return Time{std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, year_9999)} +
              std::chrono::microseconds{std::clamp<std::int64_t>(microseconds, 0, 999'999)}};
}

}  // namespace legible::capture
