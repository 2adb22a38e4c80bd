#pragma once
// TLS secrets as other programs write them down: the NSS key log format
// (draft-ietf-tls-keylogfile).

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <string_view>
#include <unordered_map>

#include "proxy/capture/secret_source.hpp"

namespace legible::capture {

class KeyLog final : public SecretSource {
 public:
  static constexpr std::size_t max_connections = 1'000'000;
  static constexpr std::size_t longest_line = 1024;

  /// Adds the lines of a key log; also the older "RSA Session-ID:... Master-Key:...". Comments,
  /// unknown labels and lines that are malformed are passed over; connections beyond
  /// `max_connections` are not kept.
  void read(std::istream& text);
  /// One line, without its end.
  void add_line(std::string_view line);

  /// The secrets of the connection with this random of the client; null when there are none.
  const ConnectionSecrets* find(const ClientRandom& random) const override;
  /// The master secret of the session that the server named so; null when it is not known.
  const Secret* find_session(const SessionId& id) const override;
  std::size_t size() const { return connections_.size() + sessions_.size(); }
  bool empty() const { return size() == 0; }

 private:
  struct Hash {
    std::size_t operator()(const std::array<std::uint8_t, 32>& bytes) const;
  };
  void add_session(std::string_view line);

  std::unordered_map<ClientRandom, ConnectionSecrets, Hash> connections_;
  std::unordered_map<SessionId, Secret, Hash> sessions_;
};

}  // namespace legible::capture
