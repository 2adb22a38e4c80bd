#pragma once
// What a client says to a forward proxy before its connection to the server begins, and what it is
// answered: HTTP CONNECT (RFC 9110 section 9.3.6), a request in absolute form (RFC 9112 section
// 3.2.2), SOCKS 4, 4a and 5 (RFC 1928, RFC 1929). Sans-I/O.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "proxy/net/socket_address.hpp"
#include "proxy/record/timeline.hpp"
#include "proxy/ways/proxy_credentials.hpp"

namespace legible::proxy {

/// Where a client wants to go.
struct ForwardRequest {
  FoundBy form = FoundBy::connect;
  HostPort target;
  std::string granted;  ///< for the client, once the server is there
  /// What the server is sent in place of what the client said: a request in origin form.
  std::string head;
};

class ForwardDialogue {
 public:
  /// `required`, if any, must outlive the dialogue.
  explicit ForwardDialogue(const ProxyCredentials* required) : required_(required) {}

  struct NeedMore {};
  /// To be sent; more comes from the client then.
  struct Answer {
    std::string bytes;
    std::string objection;                     ///< a clause: why it got no further; empty if it did
    ProxyReason reason = ProxyReason::policy;  ///< of the objection
  };
  /// There is no way on.
  struct Refusal {
    std::string bytes;  ///< for the client; may be empty
    std::string why;    ///< a clause
    ProxyReason reason = ProxyReason::policy;
  };
  /// It asks the proxy itself for a page.
  struct OwnPage {
    std::string path;
  };
  struct Step {
    std::variant<NeedMore, Answer, ForwardRequest, Refusal, OwnPage> what;
    std::size_t consumed = 0;
  };

  /// One step at the start of what the client sent, which is not empty. What was not consumed is to
  /// be given again, with what came since.
  Step feed(std::span<const std::uint8_t> bytes);

 private:
  enum class Stage : std::uint8_t { first, socks5_login, socks5_request };

  Step feed_http(std::span<const std::uint8_t> bytes);
  Step feed_socks4(std::span<const std::uint8_t> bytes);
  Step greet(std::span<const std::uint8_t> bytes);
  Step log_in(std::span<const std::uint8_t> bytes);
  Step feed_socks5(std::span<const std::uint8_t> bytes);

  const ProxyCredentials* required_;
  Stage stage_ = Stage::first;
  int objections_ = 0;
  std::size_t searched_ = 0;  ///< at the start of a request's head: it does not end there
};

}  // namespace legible::proxy
