#pragma once
// The packets of a pcap or pcapng file, through libpcap.

#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "proxy/capture/packet.hpp"
#include "proxy/capture/tcp_stream.hpp"

struct pcap;

namespace legible::capture {

struct CapturedPacket {
  Time time;
  Bytes bytes;  ///< valid until the next call
  std::size_t wire_length = 0;
};

class CaptureFile {
 public:
  /// Opens a file; "-" is standard input. Throws std::runtime_error with one clear line when it
  /// is no capture, or its packets have a link type that is not known here.
  explicit CaptureFile(const std::string& path);
  /// Reads an open stream, which is closed by this object. Throws likewise.
  explicit CaptureFile(std::FILE* stream);

  /// The next packet; nothing at the end, or where the file cannot be read on (see `error`).
  std::optional<CapturedPacket> next();

  LinkLayer link_layer() const { return link_layer_; }
  /// Why reading stopped before the end of the file; empty when it did not.
  const std::string& error() const { return error_; }

 private:
  struct Close {
    void operator()(pcap* file) const;
  };
  std::unique_ptr<pcap, Close> file_;
  LinkLayer link_layer_ = LinkLayer::ethernet;
  std::string error_;
};

}  // namespace legible::capture
