#pragma once
// A capture file taken through the same code as `legible read`, down to the parser's observations.

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "parser/connection_observer.hpp"
#include "proxy/capture/capture_file.hpp"
#include "proxy/capture/key_log.hpp"
#include "proxy/capture/tcp_connection.hpp"

namespace legible::capture {

struct DecodedConnection {
  std::string client;  ///< address:port
  std::string server;
  std::vector<std::pair<Side, parser::Observation>> observations;
  std::array<std::vector<std::uint8_t>, 2> first_bytes;
  std::array<std::uint64_t, 2> bytes{};
  std::array<std::uint64_t, 2> missing{};
  std::vector<std::pair<Side, parser::StreamEnd>> ends;
};

struct DecodedCapture {
  std::vector<DecodedConnection> connections;  ///< in the order in which they begin
  std::string error;
};

DecodedCapture decode_capture(CaptureFile& file, const KeyLog& key_log);
/// Throws std::runtime_error when the file is no capture.
DecodedCapture decode_capture(const std::string& path, const KeyLog& key_log = {});

/// The messages of one side, in order: "client_hello", "alert close_notify"; an alert whose content
/// is hidden is "alert", another encrypted handshake record "encrypted_handshake". Inferred alerts
/// are left out.
std::vector<std::string> messages(const DecodedConnection& connection, Side side);

}  // namespace legible::capture
