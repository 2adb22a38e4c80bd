#include "proxy/ways/upstream_dialogue.hpp"

#include <fmt/format.h>

#include <string_view>

#include "parser/http1_observer.hpp"
#include "parser/preamble.hpp"
#include "parser/socks.hpp"

namespace legible::proxy {
namespace {

using Bytes = std::span<const std::uint8_t>;
namespace socks = parser::socks;

constexpr std::size_t longest_head = 64 * 1024;
// RFC 9110 sections 15.5.8 and 15.5.2: tinyproxy says the latter to a wrong password.
constexpr int proxy_authentication_required = 407;
constexpr int unauthorized = 401;

ConnectFailed refused(std::string detail) {
  return {ConnectError::upstream_refused, {}, std::move(detail)};
}

ConnectFailed authentication_wanted(std::string detail) {
  return {ConnectError::upstream_authentication, {}, std::move(detail)};
}

/// RFC 1928 section 6.
std::string_view reply_text(std::uint8_t code) {
  static constexpr std::string_view texts[] = {"succeeded",
                                               "general SOCKS server failure",
                                               "connection not allowed by ruleset",
                                               "Network unreachable",
                                               "Host unreachable",
                                               "Connection refused",
                                               "TTL expired",
                                               "Command not supported",
                                               "Address type not supported"};
  return code < std::size(texts) ? texts[code] : "unassigned reply";
}

}  // namespace

/// What comes from an HTTP proxy, to the end of the head that grants or refuses.
class UpstreamDialogue::HttpAnswer final : private parser::Http1Events {
 public:
  parser::Http1Observer::Progress feed(Bytes bytes) { return observer_.feed(bytes); }

  bool final() const { return whole_ && start_.status >= 200; }
  /// RFC 9110 section 9.3.6.
  bool granted() const { return final() && start_.status < 300; }
  const parser::HttpStartLine& start() const { return start_; }

 private:
  void on_message_begin() override { whole_ = false; }  // a 100 may have come before
  void on_start_line(const parser::HttpStartLine& line) override { start_ = line; }
  void on_header(std::string_view, std::string_view) override {}
  parser::AfterHead on_head_end() override {
    whole_ = true;
    return granted() ? parser::AfterHead::tunnel : parser::AfterHead::as_framed;
  }

  parser::HttpStartLine start_;
  bool whole_ = false;
  parser::Http1Observer observer_{parser::Http1Observer::Kind::responses, *this, longest_head};
};

UpstreamDialogue::UpstreamDialogue(const Upstream& upstream, HostPort target)
    : upstream_(upstream), target_(std::move(target)) {
  if (upstream.protocol == Upstream::Protocol::http) http_ = std::make_unique<HttpAnswer>();
}

UpstreamDialogue::~UpstreamDialogue() = default;

std::string UpstreamDialogue::begin() const {
  const auto& credentials = upstream_.credentials;
  if (upstream_.protocol == Upstream::Protocol::socks5) {
    const auto methods = credentials ? std::string{2, socks::no_authentication,
                                                   static_cast<char>(socks::user_and_password)}
                                     : std::string{1, static_cast<char>(socks::no_authentication)};
    return static_cast<char>(socks::version5) + methods;
  }
  const std::string authority = parser::host_and_port(target_.host, target_.port);
  std::string head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (credentials) head += fmt::format("Proxy-Authorization: {}\r\n", basic(*credentials));
  return head + "\r\n";
}

UpstreamDialogue::Step UpstreamDialogue::feed(Bytes bytes) {
  return http_ ? feed_http(bytes) : feed_socks5(bytes);
}

UpstreamDialogue::Step UpstreamDialogue::feed_http(Bytes bytes) {
  using Status = parser::Http1Observer::Status;
  const auto [consumed, status] = http_->feed(bytes);
  if (http_->granted()) return {Open{}, consumed};
  if (status == Status::head_limit) return {refused("its answer's head is too long")};
  if (status == Status::broken) return {refused("it does not answer in HTTP")};
  if (!http_->final()) return {NeedMore{}, consumed};
  const parser::HttpStartLine& start = http_->start();
  std::string line = fmt::format("{} {}", start.status, start.reason);
  if (start.status == proxy_authentication_required || start.status == unauthorized) {
    return {authentication_wanted(std::move(line))};
  }
  return {refused(std::move(line))};
}

UpstreamDialogue::Step UpstreamDialogue::feed_socks5(Bytes bytes) {
  if (bytes[0] != (stage_ == Stage::login ? socks::login_version : socks::version5)) {
    return {refused("it does not answer in SOCKS 5")};
  }
  if (bytes.size() < 2) return {NeedMore{}};
  switch (stage_) {
    case Stage::method:
      if (bytes[1] == socks::no_authentication) {
        stage_ = Stage::reply;
        return {Say{socks5_request()}, 2};
      }
      if (bytes[1] == socks::user_and_password && upstream_.credentials) {
        stage_ = Stage::login;
        return {Say{login()}, 2};
      }
      return {authentication_wanted(upstream_.credentials ? "it takes no user and password"
                                                          : "it wants authentication")};
    case Stage::login:
      if (bytes[1] != 0) return {authentication_wanted("it refused user and password")};
      stage_ = Stage::reply;
      return {Say{socks5_request()}, 2};
    case Stage::reply:
      break;
  }
  if (bytes[1] != socks::succeeded) {
    return {refused(fmt::format("reply {}: {}", bytes[1], reply_text(bytes[1])))};
  }
  const auto decoded = parser::decode_socks5_message(bytes);
  if (std::holds_alternative<parser::NeedMore>(decoded)) return {NeedMore{}};
  const auto* reply = std::get_if<parser::SocksMessage>(&decoded);
  if (reply == nullptr) return {refused("its SOCKS 5 reply is broken")};
  return {Open{}, reply->size};
}

std::string UpstreamDialogue::login() const {
  std::string message{static_cast<char>(socks::login_version)};
  for (const std::string* word : {&upstream_.credentials->user, &upstream_.credentials->password}) {
    message += static_cast<char>(word->size());
    message += *word;
  }
  return message;
}

/// By name where there is one: the proxy looks it up.
std::string UpstreamDialogue::socks5_request() const {
  constexpr char ipv4 = 1;
  constexpr char domain = 3;
  constexpr char ipv6 = 4;
  std::string request{static_cast<char>(socks::version5), static_cast<char>(socks::connect), 0};
  if (const auto address = SocketAddress::from_numeric(target_.host, target_.port)) {
    request += address->family() == AF_INET ? ipv4 : ipv6;
    for (const std::uint8_t byte : address->bytes()) request += static_cast<char>(byte);
  } else {
    request += domain;
    request += static_cast<char>(target_.host.size());
    request += target_.host;
  }
  request += static_cast<char>(target_.port >> 8);
  request += static_cast<char>(target_.port & 0xff);
  return request;
}

}  // namespace legible::proxy
