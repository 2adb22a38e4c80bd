#include "proxy/ways/forward_dialogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "parser/ascii.hpp"
#include "parser/http1_observer.hpp"
#include "parser/preamble.hpp"
#include "parser/socks.hpp"
#include "proxy/ways/forward_answers.hpp"
#include "proxy/ways/http_page.hpp"
#include "proxy/ways/origin_form.hpp"
#include "proxy/ways/own_pages.hpp"

extern "C" {  // which this header of mbedTLS leaves to its reader
#include <mbedtls/constant_time.h>
}

namespace legible::proxy {
namespace {

using Bytes = std::span<const std::uint8_t>;
using parser::same_in_any_case;
namespace socks = parser::socks;

constexpr std::size_t longest_head = 64 * 1024;
// Who speaks another protocol is told so by then, without the end of a head.
constexpr std::size_t telling_bytes = 512;
constexpr std::uint16_t http_port = 80;

/// In a time that tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && mbedtls_ct_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// What a proxy reads of a request's head.
struct RequestHead final : parser::Http1Events {
  void on_start_line(const parser::HttpStartLine& line) override { start = line; }
  void on_header(std::string_view name, std::string_view value) override {
    if (same_in_any_case(name, "Host")) host = value;
    if (same_in_any_case(name, "Proxy-Authorization")) authorization = value;
    if (same_in_any_case(name, "Upgrade")) upgrades = true;
  }
  parser::AfterHead on_head_end() override {
    whole = true;
    return parser::AfterHead::as_framed;
  }

  bool is_from(const ProxyCredentials& wanted) const {
    const std::string expected = basic(wanted);
    const std::size_t scheme_size = expected.find(' ');
    const std::string_view given = authorization;
    return same_in_any_case(given.substr(0, scheme_size),
                            std::string_view(expected).substr(0, scheme_size)) &&
           given.size() > scheme_size &&
           same_secret(given.substr(scheme_size), std::string_view(expected).substr(scheme_size));
  }

  parser::HttpStartLine start;
  std::string host;
  std::string authorization;
  bool upgrades = false;
  bool whole = false;
};

/// The size of the head at the start of `text`, of which the first `searched` bytes hold no end.
/// Absent: its end has not come yet.
std::optional<std::size_t> head_size(std::string_view text, std::size_t searched) {
  constexpr std::string_view ends[] = {"\n\r\n", "\n\n"};
  std::size_t size = std::string_view::npos;
  for (const std::string_view end : ends) {
    const std::size_t at = text.find(end, searched - std::min(searched, end.size() - 1));
    if (at != std::string_view::npos) size = std::min(size, at + end.size());
  }
  return size == std::string_view::npos ? std::nullopt : std::optional(size);
}

std::optional<HostPort> host_port(std::string_view authority, std::uint16_t default_port) {
  authority.remove_prefix(
      std::min(authority.rfind('@') + 1, authority.size()));  // user information
  if (const auto whole = parse_host_port(authority)) return whole;
  return parse_host_port(fmt::format("{}:{}", authority, default_port));
}

ForwardDialogue::Step bad_request(std::string why) {
  const HttpPage page{400, "Bad Request", fmt::format("This is a forward proxy, and {}.", why)};
  return {ForwardDialogue::Refusal{page.answer(), std::move(why), ProxyReason::no_target}};
}

}  // namespace

ForwardDialogue::Step ForwardDialogue::feed(Bytes bytes) {
  switch (stage_) {
    case Stage::socks5_login:
      return log_in(bytes);
    case Stage::socks5_request:
      return feed_socks5(bytes);
    case Stage::first:
      break;
  }
  if (bytes[0] == socks::version5) return greet(bytes);
  if (bytes[0] == socks::version4) return feed_socks4(bytes);
  if (parser::begins_tls_record(bytes[0])) {
    return {Refusal{{},
                    "the client began with TLS and named no target: it does not know that it "
                    "speaks to a forward proxy",
                    ProxyReason::no_target}};
  }
  return feed_http(bytes);
}

// --- HTTP ---

ForwardDialogue::Step ForwardDialogue::feed_http(Bytes bytes) {
  const std::string_view text = parser::as_text(bytes);
  // RFC 9112 section 2.2: empty lines before a request are passed over.
  const std::size_t begin = text.find_first_not_of("\r\n");
  if (begin > 0) return {NeedMore{}, std::min(begin, text.size())};
  const auto size = head_size(text.substr(0, longest_head), searched_);
  if (!size && bytes.size() >= longest_head) return bad_request("the request's head is too long");
  searched_ = size ? 0 : bytes.size();
  if (!size && bytes.size() > telling_bytes) return {NeedMore{}};

  RequestHead head;
  parser::Http1Observer observer(parser::Http1Observer::Kind::requests, head, longest_head);
  const auto progress = observer.feed(bytes.first(size.value_or(bytes.size())));
  using Status = parser::Http1Observer::Status;
  if (progress.status == Status::broken || progress.status == Status::head_limit) {
    return bad_request("the first bytes are neither HTTP nor SOCKS");
  }
  if (!size) return {NeedMore{}};
  if (!head.whole) return bad_request("the request's head ends in its middle");

  const bool connects = head.start.method == "CONNECT";
  const std::string_view target = head.start.target;
  if (required_ != nullptr && !head.is_from(*required_)) {
    const bool none = head.authorization.empty();
    const std::string why = none ? "the client gave no user and password"
                                 : "the client's user and password are not those of --proxy-auth";
    const ProxyReason reason = none ? ProxyReason::no_credentials : ProxyReason::policy;
    // It may try again on this connection, where no other request can be under way; not for ever.
    constexpr int most_objections = 3;
    if (!connects || ++objections_ > most_objections) {
      return {Refusal{authentication_wanted.answer(), why, reason}, *size};
    }
    return {Answer{authentication_wanted.answer(HttpPage::After::open), why, reason}, *size};
  }
  ForwardRequest request;
  if (connects) {
    const auto server = parse_host_port(target);
    if (!server) return bad_request("CONNECT names no HOST:PORT");
    request.form = FoundBy::connect;
    request.target = *server;
    request.granted = "HTTP/1.1 200 Connection established\r\n\r\n";
    return {std::move(request), *size};
  }
  const auto absolute = absolute_form(target);
  const auto server = host_port(absolute ? absolute->authority : head.host, http_port);
  if (!absolute || (server && is_own_page_host(server->host))) {
    if (target.starts_with('/') || absolute) {
      const std::string_view path = absolute ? absolute->rest : target;
      return {OwnPage{std::string(path.substr(0, path.find_first_of("?#")))}, *size};
    }
    return bad_request("the request names no server that it could be sent to");
  }
  if (!server) return bad_request("the request's URL has no host");
  request.form = FoundBy::absolute_form;
  request.target = *server;
  auto head_for_server = in_origin_form(text.substr(0, *size), head.start.method, head.upgrades);
  if (!head_for_server) return bad_request("the request line has not its usual form");
  request.head = std::move(*head_for_server);
  return {std::move(request), *size};
}

// --- SOCKS ---

ForwardDialogue::Step ForwardDialogue::feed_socks4(Bytes bytes) {
  const auto decoded = parser::decode_socks4_request(bytes);
  if (std::holds_alternative<parser::NeedMore>(decoded)) return {NeedMore{}};
  const auto* message = std::get_if<parser::SocksMessage>(&decoded);
  const std::string rejected = socks4_reply(socks::rejected4);
  if (message == nullptr) return {Refusal{rejected, "its SOCKS 4 request is broken"}};
  if (required_ != nullptr) {
    return {Refusal{rejected, "SOCKS 4 has no password, which --proxy-auth wants"}, message->size};
  }
  if (message->code != socks::connect) {
    return {Refusal{rejected, "of SOCKS 4 only CONNECT is served"}, message->size};
  }
  return {ForwardRequest{
              FoundBy::socks4, {message->host, message->port}, socks4_reply(socks::granted4), {}},
          message->size};
}

ForwardDialogue::Step ForwardDialogue::greet(Bytes bytes) {
  const auto decoded = parser::decode_socks5_greeting(bytes);
  const auto* greeting = std::get_if<parser::SocksGreeting>(&decoded);
  if (greeting == nullptr) return {NeedMore{}};
  const std::uint8_t wanted =
      required_ != nullptr ? socks::user_and_password : socks::no_authentication;
  const bool offered = std::ranges::find(greeting->methods, wanted) != greeting->methods.end();
  const auto answer = [](std::uint8_t method) {
    return std::string{static_cast<char>(socks::version5), static_cast<char>(method)};
  };
  if (!offered) {
    return {Refusal{answer(socks::no_acceptable_method),
                    required_ != nullptr
                        ? "the client offered no user and password, which --proxy-auth wants"
                        : "the client insists on authentication, and no --proxy-auth is set",
                    required_ != nullptr ? ProxyReason::no_credentials : ProxyReason::policy},
            greeting->size};
  }
  stage_ = required_ != nullptr ? Stage::socks5_login : Stage::socks5_request;
  return {Answer{answer(wanted), {}}, greeting->size};
}

ForwardDialogue::Step ForwardDialogue::log_in(Bytes bytes) {
  const auto decoded = parser::decode_socks5_login(bytes);
  const auto* login = std::get_if<parser::SocksLogin>(&decoded);
  if (login == nullptr) return {NeedMore{}};
  const bool good = bytes[0] == socks::login_version && same_secret(login->user, required_->user) &&
                    same_secret(login->password, required_->password);
  if (!good) {
    return {
        Refusal{login_reply(false), "the client's user and password are not those of --proxy-auth"},
        login->size};
  }
  stage_ = Stage::socks5_request;
  return {Answer{login_reply(true), {}}, login->size};
}

ForwardDialogue::Step ForwardDialogue::feed_socks5(Bytes bytes) {
  const auto decoded = parser::decode_socks5_message(bytes);
  if (std::holds_alternative<parser::NeedMore>(decoded)) return {NeedMore{}};
  const auto* message = std::get_if<parser::SocksMessage>(&decoded);
  if (message == nullptr || bytes[0] != socks::version5) {
    return {Refusal{socks5_reply(socks::general_failure), "its SOCKS 5 request is broken"}};
  }
  if (message->code != socks::connect) {
    return {
        Refusal{socks5_reply(socks::command_not_supported), "of SOCKS 5 only CONNECT is served"},
        message->size};
  }
  return {ForwardRequest{
              FoundBy::socks5, {message->host, message->port}, socks5_reply(socks::succeeded), {}},
          message->size};
}

}  // namespace legible::proxy
