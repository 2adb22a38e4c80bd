#include "proxy/options/way_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

constexpr const char* ways_in[] = {"to", "forward", "by-sni", "transparent"};

/// The digits behind the last colon are more than a port can be.
bool port_is_out_of_range(std::string_view text) {
  const std::string_view digits = text.substr(text.rfind(':') + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc::result_out_of_range && end == digits.data() + digits.size();
}

SocketAddress listen_address(const std::string& text) {
  if (port_is_out_of_range(text)) refuse("listen", text, "a port is from 0 to 65535");
  const bool port_only = text.find(':') == std::string::npos;
  const auto parsed = parse_host_port(port_only ? "127.0.0.1:" + text : text);
  const auto address = parsed ? SocketAddress::from_numeric(parsed->host, parsed->port)
                              : std::optional<SocketAddress>();
  if (!address) {
    refuse("listen", text, "a port, 1.2.3.4:PORT or [2001:db8::1]:PORT is needed");
  }
  return *address;
}

/// What is wrong with a target that is no HOST:PORT.
std::string wanted_in_place_of(std::string_view text) {
  const auto colons = std::ranges::count(text, ':');
  if (colons == 0) return fmt::format("the port is missing: --to {}:443", text);
  const std::string_view port = text.substr(text.rfind(':') + 1);
  if (colons > 1) return "HOST:PORT is needed, an IPv6 address as [2001:db8::1]:PORT";
  const bool digits = port.find_first_not_of("0123456789") == port.npos;
  if (port.empty() || !digits) return fmt::format("'{}' is no port", port);
  return "HOST:PORT is needed";
}

HostPort target(const cxxopts::ParseResult& given) {
  const auto& text = given["to"].as<std::string>();
  if (text.find("://") != std::string::npos) {
    refuse("to", text, "HOST:PORT is needed, without https:// and path");
  }
  const auto parsed = parse_host_port(text);
  if (port_is_out_of_range(text) || (parsed && parsed->port == 0)) {
    refuse("to", text, "a port is from 1 to 65535");
  }
  if (!parsed) refuse("to", text, wanted_in_place_of(text));
  return *parsed;
}

/// What every listener leads to, if that is said.
std::optional<ListenerSettings> way_in(const cxxopts::ParseResult& given) {
  std::vector<std::string> ways;
  for (const char* option : ways_in) {
    if (given.count(option) > 0) ways.emplace_back(option);
  }
  if (ways.empty()) return std::nullopt;
  if (ways.size() > 1) {
    throw Refused{fmt::format("--{} and --{} exclude each other: one way to find the server",
                              ways[0], ways[1])};
  }
  ListenerSettings settings;
  if (ways.front() == "to") {
    settings.target = target(given);
  } else if (ways.front() == "forward") {
    settings.way = WayIn::forward;
  } else if (ways.front() == "by-sni") {
    settings.way = WayIn::by_sni;
    settings.target.port = static_cast<std::uint16_t>(number(given, "by-sni", 1, 65535));
  } else {
    settings.way = WayIn::transparent;
  }
  return settings;
}

std::vector<AddressRange> ranges(const cxxopts::ParseResult& given, const std::string& option) {
  std::vector<AddressRange> ranges;
  for (const std::string& list : file_names(given, option)) {
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      const std::string_view word = std::string_view(list).substr(begin, end - begin);
      const auto range = AddressRange::parse(word);
      if (!range) refuse(option, word, "an address, or 10.0.0.0/8, or 2001:db8::/32 is needed");
      ranges.push_back(*range);
      begin = end + 1;
    }
  }
  return ranges;
}

std::optional<ProxyCredentials> credentials(const cxxopts::ParseResult& given) {
  if (given.count("proxy-auth") == 0) return std::nullopt;
  const auto& text = given["proxy-auth"].as<std::string>();
  const std::size_t colon = text.find(':');
  // RFC 7617 section 2: a user's name holds no colon. The value is a secret, and not repeated.
  if (colon == std::string::npos || colon == 0) {
    throw Refused{"--proxy-auth: USER:PASSWORD is needed"};
  }
  return ProxyCredentials{text.substr(0, colon), text.substr(colon + 1)};
}

ClientRules client_rules(const cxxopts::ParseResult& given, std::optional<WayIn> way) {
  ClientRules rules;
  rules.clients = ranges(given, "allow-from");
  rules.targets = file_names(given, "allow-to");
  rules.credentials = credentials(given);
  rules.header_senders = ranges(given, "accept-proxy-protocol");
  if (!rules.targets.empty() && way == WayIn::fixed) {
    throw Refused{"--allow-to limits what clients choose; with --to they choose nothing"};
  }
  if (rules.credentials && way && way != WayIn::forward)
    throw Refused{"--proxy-auth needs --forward"};
  return rules;
}

/// A percent-encoded part of a URL (RFC 3986 section 2.1). None when it is broken.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    constexpr int hexadecimal = 16;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto byte = parser::number_in<std::uint8_t>(digits, hexadecimal);
    if (!byte || digits.size() < 2) return std::nullopt;
    decoded += static_cast<char>(*byte);
    i += 2;
  }
  return decoded;
}

/// The URL may hold a password: what is wrong is told without it.
std::optional<Upstream> upstream(const cxxopts::ParseResult& given) {
  if (given.count("via") == 0) return std::nullopt;
  std::string_view url = given["via"].as<std::string>();
  Upstream upstream;
  if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else if (url.starts_with("socks5://") || url.starts_with("socks5h://")) {
    upstream.protocol = Upstream::Protocol::socks5;
    url.remove_prefix(url.find("//") + 2);
  } else {
    throw Refused{"--via: a URL that begins with http:// or socks5:// is needed"};
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  if (const std::size_t at = url.rfind('@'); at != url.npos) {
    const std::string_view login = url.substr(0, at);
    const std::size_t colon = std::min(login.find(':'), login.size());
    const auto user = percent_decoded(login.substr(0, colon));
    const auto password = percent_decoded(login.substr(std::min(colon + 1, login.size())));
    constexpr std::size_t longest = 255;  // RFC 1929 section 2
    if (!user || !password || user->size() > longest || password->size() > longest) {
      throw Refused{"--via: user or password is not percent-encoded, or too long"};
    }
    upstream.credentials = {*user, *password};
    url.remove_prefix(at + 1);
  }
  const auto proxy = parse_host_port(url);
  if (!proxy || proxy->port == 0) {
    throw Refused{fmt::format("--via: HOST:PORT is needed in it, not '{}'", url)};
  }
  upstream.proxy = *proxy;
  return upstream;
}

Outbound outbound(const cxxopts::ParseResult& given) {
  Outbound outbound;
  outbound.via = upstream(given);
  if (given.count("send-proxy-protocol") > 0) {
    const auto& word = given["send-proxy-protocol"].as<std::string>();
    if (word != "v1" && word != "v2") refuse("send-proxy-protocol", word, "v1 or v2 is needed");
    outbound.announce = word == "v1" ? Outbound::Announce::version1 : Outbound::Announce::version2;
  }
  return outbound;
}

}  // namespace

void add_listener_options(cxxopts::Options& options) {
  // clang-format off
  options.add_options()
    ("to", "the server that everything goes to", cxxopts::value<std::string>(), "HOST:PORT")
    ("forward", "be a forward proxy: HTTP CONNECT, http:// requests, SOCKS 4 and 5 on one port")
    ("by-sni", "the server is the one that the client's hello names, at this port",
     cxxopts::value<std::string>(), "PORT")
    ("transparent", "the server is where redirected packets were sent to (REDIRECT, TPROXY)")
    ("listen", "where clients connect; port 0: the system's choice; repeatable",
     cxxopts::value<std::vector<std::string>>()->default_value("127.0.0.1:8443"), "[ADDR:]PORT");
  // clang-format on
}

void add_way_options(cxxopts::Options& options) {
  // clang-format off
  options.add_options("Ways in and out")
    ("allow-from", "serve only clients of these addresses; repeatable",
     cxxopts::value<std::string>(), "CIDR")
    ("allow-to", "let clients choose only these targets; repeatable",
     cxxopts::value<std::string>(), "GLOB")
    ("proxy-auth", "what clients of --forward have to give", cxxopts::value<std::string>(),
     "USER:PASSWORD")
    ("accept-proxy-protocol", "believe the PROXY header (version 1 or 2) of these peers",
     cxxopts::value<std::string>()->implicit_value("127.0.0.0/8,::1"), "CIDR,...")
    ("send-proxy-protocol", "tell the server for whom a connection is: a PROXY header",
     cxxopts::value<std::string>()->implicit_value("v1"), "v1|v2")
    ("via", "reach servers through this proxy: http://[USER:PASSWORD@]HOST:PORT or socks5://...",
     cxxopts::value<std::string>(), "URL");
  // clang-format on
}

bool names_way_in(const cxxopts::ParseResult& given) {
  return std::ranges::any_of(ways_in, [&](const char* way) { return given.count(way) > 0; });
}

std::vector<ListenerSettings> listeners(const cxxopts::ParseResult& given) {
  const std::optional<ListenerSettings> leading = way_in(given);
  std::vector<ListenerSettings> listeners;
  if (!leading) return listeners;
  for (const std::string& text : given["listen"].as<std::vector<std::string>>()) {
    listeners.push_back({listen_address(text), leading->way, leading->target});
  }
  return listeners;
}

WayOptions way_options(const cxxopts::ParseResult& given) {
  WayOptions options;
  options.listeners = listeners(given);
  const auto way =
      options.listeners.empty() ? std::nullopt : std::optional(options.listeners.front().way);
  options.rules = client_rules(given, way);
  options.outbound = outbound(given);
  return options;
}

}  // namespace legible::proxy
