#pragma once
// What is said to an upstream proxy before the connection to the server begins (--via): HTTP
// CONNECT (RFC 9110 section 9.3.6) or SOCKS 5 (RFC 1928, RFC 1929), from the client's side.
// Sans-I/O.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "proxy/net/socket_address.hpp"
#include "proxy/record/timeline.hpp"
#include "proxy/ways/proxy_credentials.hpp"

namespace legible::proxy {

/// The proxy that all connections to servers go through.
struct Upstream {
  enum class Protocol : std::uint8_t { http, socks5 };

  Protocol protocol = Protocol::http;
  HostPort proxy;
  std::optional<ProxyCredentials> credentials;
};

class UpstreamDialogue {
 public:
  /// `upstream` must outlive the dialogue.
  UpstreamDialogue(const Upstream& upstream, HostPort target);
  ~UpstreamDialogue();

  struct NeedMore {};
  /// To be sent; more comes from the proxy then.
  struct Say {
    std::string bytes;
  };
  /// What follows is the server's.
  struct Open {};
  struct Step {
    std::variant<NeedMore, Say, Open, ConnectFailed> what;
    std::size_t consumed = 0;
  };

  /// The first words.
  std::string begin() const;
  /// One step at the start of what the proxy sent, which is not empty. What was not consumed is to
  /// be given again, with what came since.
  Step feed(std::span<const std::uint8_t> bytes);

 private:
  enum class Stage : std::uint8_t { method, login, reply };
  class HttpAnswer;

  Step feed_http(std::span<const std::uint8_t> bytes);
  Step feed_socks5(std::span<const std::uint8_t> bytes);
  std::string login() const;
  std::string socks5_request() const;

  const Upstream& upstream_;
  const HostPort target_;
  Stage stage_ = Stage::method;
  std::unique_ptr<HttpAnswer> http_;
};

}  // namespace legible::proxy
