#pragma once
// A capture file of either format: pcap through libpcap, pcapng by pcapng_packets.hpp.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "proxy/capture/packet_source.hpp"

namespace legible::capture {

class CaptureFile final : public PacketSource {
 public:
  /// Opens a file; "-" is standard input. Throws std::runtime_error with one clear line when it
  /// is no capture, or its packets have a link type that is not known here.
  explicit CaptureFile(const std::string& path);
  /// Reads an open stream, which is closed by this object unless it is standard input. Throws
  /// likewise.
  explicit CaptureFile(std::FILE* stream);

  std::optional<CapturedPacket> next() override { return packets_->next(); }
  std::string error() const override { return packets_->error(); }
  std::string left_out() const override { return packets_->left_out(); }

 private:
  std::unique_ptr<PacketSource> packets_;
};

}  // namespace legible::capture
