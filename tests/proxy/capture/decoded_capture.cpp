#include "proxy/capture/decoded_capture.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <variant>

#include "parser/iana_tables.hpp"
#include "proxy/capture/ip_fragments.hpp"
#include "proxy/capture/key_log.hpp"
#include "proxy/capture/key_log_decryptor.hpp"
#include "proxy/capture/tcp_tracker.hpp"

namespace legible::capture {
namespace {

class DecodingWatcher final : public TcpWatcher, private parser::ObservationSink {
 public:
  DecodingWatcher(DecodedConnection& decoded, const KeyLog& key_log)
      : decoded_(decoded), decryptor_(key_log), observer_(*this, limits_, &decryptor_) {}

  void on_established(Time, std::optional<std::chrono::microseconds>) override {}
  void on_connect_failed(Time, ConnectFailure, const Disorder&) override {}
  void on_bytes(Time, Side from, Bytes bytes) override {
    const auto side = static_cast<std::size_t>(from);
    auto& first = decoded_.first_bytes[side];
    const std::size_t wanted = std::min<std::size_t>(16 - first.size(), bytes.size());
    first.insert(first.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(wanted));
    decoded_.bytes[side] += bytes.size();
    observer_.feed(from, bytes);
  }
  void on_gap(Time, Side from, std::uint64_t missing) override {
    decoded_.missing[static_cast<std::size_t>(from)] += missing;
    observer_.gap(from, missing);
  }
  void on_end(Time, Side from, parser::StreamEnd how) override {
    decoded_.ends.emplace_back(from, how);
    observer_.end(from, how);
  }
  void on_finished(Time, bool, const Disorder&) override {}

 private:
  void on_observation(Side from, parser::Observation&& observation) override {
    decoded_.observations.emplace_back(from, std::move(observation));
  }

  DecodedConnection& decoded_;
  KeyLogDecryptor decryptor_;
  parser::Limits limits_;
  parser::ConnectionObserver observer_;
};

std::string name_of(parser::HandshakeType type) {
  static const std::map<std::uint8_t, std::string> names{{4, "new_session_ticket"},
                                                         {14, "server_hello_done"},
                                                         {16, "client_key_exchange"},
                                                         {20, "finished"},
                                                         {24, "key_update"}};
  const auto name = names.find(type.value);
  return name == names.end() ? "handshake_" + std::to_string(type.value) : name->second;
}

struct MessageLine {
  std::string operator()(const parser::Shared<parser::ClientHello>& hello) const {
    return hello->sslv2_format ? "sslv2_client_hello" : "client_hello";
  }
  std::string operator()(const parser::Shared<parser::ServerHello>& hello) const {
    return hello->sslv2_format ? "sslv2_server_hello" : "server_hello";
  }
  std::string operator()(const parser::EncryptedExtensions&) const {
    return "encrypted_extensions";
  }
  std::string operator()(const parser::Shared<parser::CertificateMessage>&) const {
    return "certificate";
  }
  std::string operator()(const parser::Shared<parser::CertificateRequest>&) const {
    return "certificate_request";
  }
  std::string operator()(const parser::ServerKeyExchange&) const { return "server_key_exchange"; }
  std::string operator()(const parser::CertificateVerify&) const { return "certificate_verify"; }
  std::string operator()(const parser::HandshakeMessage& message) const {
    return name_of(message.type);
  }
  std::string operator()(const parser::Alert& alert) const {
    if (alert.inferred) return {};
    if (!alert.description) return "alert";
    return "alert " + std::string{parser::name(*alert.description)};
  }
  std::string operator()(const parser::EncryptedRecord& record) const {
    return record.type == parser::content_type::handshake ? "encrypted_handshake" : "";
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

}  // namespace

DecodedCapture decode_capture(CaptureFile& file, const KeyLog& key_log) {
  std::vector<std::unique_ptr<DecodedConnection>> connections;
  TcpTracker tracker{[&](Time, const Endpoint& client, const Endpoint& server) {
    auto& decoded = *connections.emplace_back(std::make_unique<DecodedConnection>());
    decoded.client = to_text(client);
    decoded.server = to_text(server);
    return std::make_unique<DecodingWatcher>(decoded, key_log);
  }};
  IpFragments fragments;
  while (const auto packet = file.next()) {
    const Dissected dissected = dissect(packet->link, packet->bytes, packet->wire_length);
    if (const auto* segment = std::get_if<TcpSegment>(&dissected)) {
      tracker.on_segment(packet->time, *segment);
    } else if (const auto* fragment = std::get_if<IpFragment>(&dissected)) {
      if (const auto whole = fragments.add(*fragment)) tracker.on_segment(packet->time, *whole);
    }
  }
  tracker.finish();
  DecodedCapture result;
  for (const auto& connection : connections) {
    result.connections.push_back(std::move(*connection));
  }
  result.error = file.error();
  return result;
}

DecodedCapture decode_capture(const std::string& path, const KeyLog& key_log) {
  CaptureFile file{path};
  return decode_capture(file, key_log);
}

std::vector<std::string> messages(const DecodedConnection& connection, Side side) {
  std::vector<std::string> lines;
  for (const auto& [from, observation] : connection.observations) {
    if (from != side) continue;
    if (std::string line = std::visit(MessageLine{}, observation); !line.empty()) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace legible::capture
