#include "proxy/capture/capture_file.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace legible::capture {
namespace {

LinkLayer link_layer_of(int type) {
  switch (type) {
    case DLT_EN10MB:
      return LinkLayer::ethernet;
    case DLT_NULL:
    case DLT_LOOP:
      return LinkLayer::loopback;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkLayer::raw_ip;
    case DLT_LINUX_SLL:
      return LinkLayer::linux_cooked_v1;
    case DLT_LINUX_SLL2:
      return LinkLayer::linux_cooked_v2;
    default:
      break;
  }
  const char* name = pcap_datalink_val_to_name(type);
  throw std::runtime_error("packets of link type " + std::to_string(type) + " (" +
                           (name ? name : "unknown") +
                           ") cannot be read: only Ethernet, Linux cooked, loopback and raw IP");
}

/// pcapng times have 64 bits: what a calendar cannot show is cut.
Time time_of(const timeval& stamp) {
  constexpr std::int64_t year_9999 = 253402300799;
  const auto seconds = std::clamp<std::int64_t>(stamp.tv_sec, 0, year_9999);
  const auto nanoseconds = std::clamp<std::int64_t>(stamp.tv_usec, 0, 999'999'999);
  return Time{std::chrono::seconds{seconds} + std::chrono::microseconds{nanoseconds / 1000}};
}

std::string explain(const std::string& reason) {
  if (reason.starts_with("an interface has a ")) {
    return reason +
           "; write the packets of one interface to a file of their own first "
           "(tshark -Y frame.interface_id==0 -r FILE -w OUT)";
  }
  return reason;
}

}  // namespace

void CaptureFile::Close::operator()(pcap* file) const { pcap_close(file); }

CaptureFile::CaptureFile(const std::string& path) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  file_.reset(
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason));
  if (!file_) throw std::runtime_error(reason);
  link_layer_ = link_layer_of(pcap_datalink(file_.get()));
}

CaptureFile::CaptureFile(std::FILE* stream) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  file_.reset(pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason));
  if (!file_) {
    std::fclose(stream);
    throw std::runtime_error(reason);
  }
  link_layer_ = link_layer_of(pcap_datalink(file_.get()));
}

std::optional<CapturedPacket> CaptureFile::next() {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int result = pcap_next_ex(file_.get(), &header, &bytes);
  if (result == 1) {
    return CapturedPacket{time_of(header->ts), {bytes, header->caplen}, header->len};
  }
  if (result == PCAP_ERROR) error_ = explain(pcap_geterr(file_.get()));
  return std::nullopt;
}

}  // namespace legible::capture
