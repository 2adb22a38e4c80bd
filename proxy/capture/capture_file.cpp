#include "proxy/capture/capture_file.hpp"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "proxy/capture/pcapng_packets.hpp"
#include "proxy/capture/stream.hpp"

namespace legible::capture {
namespace {

class PcapPackets final : public PacketSource {
 public:
  explicit PcapPackets(Stream stream) {
    char reason[PCAP_ERRBUF_SIZE] = {};
    file_.reset(
        pcap_fopen_offline_with_tstamp_precision(stream.get(), PCAP_TSTAMP_PRECISION_NANO, reason));
    if (!file_) throw std::runtime_error(reason);
    static_cast<void>(stream.release());  // libpcap closes it
    const int link_type = pcap_datalink(file_.get());
    const auto link = link_layer_of(link_type);
    if (!link) throw std::runtime_error(unknown_link_type(link_type));
    link_ = *link;
  }

  std::optional<CapturedPacket> next() override {
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int result = pcap_next_ex(file_.get(), &header, &bytes);
    if (result == 1) {
      return CapturedPacket{capture_time(header->ts.tv_sec, header->ts.tv_usec / 1000), link_,
                            Bytes{bytes, header->caplen}, header->len};
    }
    if (result == PCAP_ERROR) error_ = pcap_geterr(file_.get());
    return std::nullopt;
  }

  std::string error() const override { return error_; }

 private:
  struct Close {
    void operator()(pcap* file) const { pcap_close(file); }
  };
  std::unique_ptr<pcap, Close> file_;
  LinkLayer link_ = LinkLayer::ethernet;
  std::string error_;
};

/// The formats differ in their first byte, and a pipe can give back no more.
std::unique_ptr<PacketSource> open(Stream stream) {
  constexpr int pcapng = 0x0a;
  constexpr int gzip = 0x1f;
  const int first = std::getc(stream.get());
  if (first == EOF) {
    throw std::runtime_error(std::ferror(stream.get()) != 0 ? std::strerror(errno)
                                                            : "is empty, and no capture");
  }
  std::ungetc(first, stream.get());
  if (first == pcapng) return std::make_unique<PcapngPackets>(std::move(stream));
  if (first == gzip) throw std::runtime_error("is compressed with gzip: unpack it first");
  return std::make_unique<PcapPackets>(std::move(stream));
}

Stream open_file(const std::string& path) {
  if (path == "-") return Stream{stdin};
  Stream stream = open_stream(path.c_str());
  if (!stream) throw std::runtime_error(std::strerror(errno));
  return stream;
}

}  // namespace

CaptureFile::CaptureFile(const std::string& path) : packets_(open(open_file(path))) {}

CaptureFile::CaptureFile(std::FILE* stream) : packets_(open(Stream{stream})) {}

}  // namespace legible::capture
