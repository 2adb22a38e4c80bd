#include "proxy/options/host_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "parser/iana_tables.hpp"

namespace legible::proxy {
namespace {

template <class Enum>
struct Choice {
  std::string_view word;
  Enum value;
};

constexpr Choice<Mode> modes[] = {
    {"relay", Mode::relay}, {"intercept", Mode::intercept}, {"auto", Mode::automatic}};
constexpr Choice<BadServerCertificate> bad_certificate_choices[] = {
    {"mirror", BadServerCertificate::mirror},
    {"refuse", BadServerCertificate::refuse},
    {"accept", BadServerCertificate::accept}};
constexpr Choice<AskClientCertificate> ask_choices[] = {{"mirror", AskClientCertificate::mirror},
                                                        {"never", AskClientCertificate::never},
                                                        {"always", AskClientCertificate::always}};

template <class Enum, std::size_t count>
Enum one_of(const cxxopts::ParseResult& given, const std::string& option,
            const Choice<Enum> (&choices)[count]) {
  const auto& word = given[option].as<std::string>();
  const auto found = std::ranges::find(choices, word, &Choice<Enum>::word);
  if (found != std::end(choices)) return found->value;
  std::string wanted;
  for (const Choice<Enum>& choice : choices) {
    if (!wanted.empty()) wanted += &choice == std::end(choices) - 1 ? " or " : ", ";
    wanted += choice.word;
  }
  refuse(option, word, wanted + " is needed");
}

std::string text(const cxxopts::ParseResult& given, const std::string& option) {
  return given.count(option) == 0 ? std::string() : given[option].as<std::string>();
}

std::optional<parser::ProtocolVersion> version(std::string_view text) {
  if (text == "1.2") return parser::tls12;
  if (text == "1.3") return parser::tls13;
  return std::nullopt;
}

std::vector<parser::CipherSuite> suites(const std::string& option, const std::string& list) {
  std::vector<parser::CipherSuite> suites;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view word = std::string_view(list).substr(begin, end - begin);
    std::uint32_t number = 0;
    while (number <= 0xffff &&
           parser::name(parser::CipherSuite{static_cast<std::uint16_t>(number)}) != word) {
      ++number;
    }
    const parser::CipherSuite suite{static_cast<std::uint16_t>(number)};
    if (word.empty() || number > 0xffff) {
      refuse(option, word, "no IANA name of a cipher suite (as TLS_AES_128_GCM_SHA256)");
    }
    if (!tls::is_available(suite)) refuse(option, word, "this program's TLS does not have it");
    suites.push_back(suite);
    begin = end + 1;
  }
  return suites;
}

void set_limits(tls::LegLimits& limits, const cxxopts::ParseResult& given, const std::string& leg) {
  if (given.count(leg + "-tls") > 0) {
    const auto& range = given[leg + "-tls"].as<std::string>();
    const std::size_t dash = range.find('-');
    const auto low = version(range.substr(0, dash));
    const auto high = dash == std::string::npos ? low : version(range.substr(dash + 1));
    if (!low || !high || *low > *high) {
      refuse(leg + "-tls", range, "1.2-1.2, 1.2-1.3 or 1.3-1.3 is needed");
    }
    limits.lowest = *low;
    limits.highest = *high;
  }
  if (given.count(leg + "-ciphers") > 0) {
    limits.ciphers = suites(leg + "-ciphers", text(given, leg + "-ciphers"));
  }
}

/// What servers will refuse it for. Empty: nothing that shows here.
std::string out_of_date(const certs::Certificate& certificate, certs::Seconds now) {
  if (certificate.not_after && *certificate.not_after < now) {
    return "expired " + certs::rfc3339(*certificate.not_after);
  }
  if (certificate.not_before && *certificate.not_before > now) {
    return "is not valid before " + certs::rfc3339(*certificate.not_before);
  }
  return {};
}

std::shared_ptr<const tls::Credential> load_credential(const ClientKeyFiles& files,
                                                       certs::Seconds now,
                                                       std::vector<std::string>& notices) {
  const auto credential = files.load();
  if (!credential) return nullptr;
  if (const auto fault = out_of_date(credential->chain.front(), now); !fault.empty()) {
    notices.push_back(fmt::format("--client-cert {}: it {}", files.certificate, fault));
  }
  return std::make_shared<const tls::Credential>(
      tls::Credential{credential->native, credential->key});
}

}  // namespace

void add_host_options(cxxopts::Options& options) {
  // clang-format off
  options.add_options("Interception")
    ("bad-server-cert", "mirror: the client is shown the same defect",
     cxxopts::value<std::string>()->default_value("mirror"), "mirror|refuse|accept")
    ("server-name", "SNI and name to verify on the server leg", cxxopts::value<std::string>(),
     "NAME")
    ("client-cert", "what to present to a server that asks (PEM, or PKCS#12)",
     cxxopts::value<std::string>(), "FILE")
    ("client-key", "its private key (default: in the same file)", cxxopts::value<std::string>(),
     "FILE")
    ("client-key-password-file", "its password, the first line; without it: the environment's "
     "LEGIBLE_CLIENT_KEY_PASSWORD", cxxopts::value<std::string>(), "FILE")
    ("ask-client-cert", "mirror: ask the client when the server asks",
     cxxopts::value<std::string>()->default_value("mirror"), "mirror|never|always")
    ("client-tls", "versions on the client leg",
     cxxopts::value<std::string>()->default_value("1.2-1.3"), "MIN-MAX")
    ("server-tls", "versions on the server leg",
     cxxopts::value<std::string>()->default_value("1.2-1.3"), "MIN-MAX")
    ("client-ciphers", "IANA names, comma separated, instead of the forward-secret suites",
     cxxopts::value<std::string>(), "LIST")
    ("server-ciphers", "likewise", cxxopts::value<std::string>(), "LIST");
  // clang-format on
}

Mode mode_option(const cxxopts::ParseResult& given) { return one_of(given, "mode", modes); }

HostOptions host_options(const cxxopts::ParseResult& given, HostOptions base) {
  const auto is_given = [&](const char* option) { return given.count(option) > 0; };
  HostOptions options = std::move(base);
  if (is_given("bad-server-cert")) {
    options.bad_server_certificate = one_of(given, "bad-server-cert", bad_certificate_choices);
  }
  if (is_given("ask-client-cert")) {
    options.ask_client_certificate = one_of(given, "ask-client-cert", ask_choices);
  }
  if (is_given("server-name")) options.server_name = text(given, "server-name");
  if (is_given("client-cert")) {
    options.client_credential = {file_name(given, "client-cert"), file_name(given, "client-key"),
                                 file_name(given, "client-key-password-file")};
  } else {
    for (const char* option : {"client-key", "client-key-password-file"}) {
      if (is_given(option)) throw Refused{fmt::format("--{} needs --client-cert", option)};
    }
  }
  set_limits(options.client_limits, given, "client");
  set_limits(options.server_limits, given, "server");
  return options;
}

HostSettings load_host(const HostOptions& options, certs::Seconds now,
                       std::vector<std::string>& notices) {
  HostSettings settings;
  settings.bad_server_certificate = options.bad_server_certificate;
  settings.ask_client_certificate = options.ask_client_certificate;
  settings.server_name = options.server_name;
  settings.client_credential = load_credential(options.client_credential, now, notices);
  settings.client_limits = options.client_limits;
  settings.server_limits = options.server_limits;
  return settings;
}

}  // namespace legible::proxy
